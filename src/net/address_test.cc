#include "net/address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"

namespace mex::net {
namespace {

using namespace std::literals;
using ::testing::HasSubstr;

std::string parsed(std::string_view text) {
  const absl::StatusOr<Address> address = Address::parse(text);
  return address.ok() ? address->text() : std::string("refused");
}

TEST(AddressParse, TakesTheFormsOfTheFlags) {
  EXPECT_EQ(parsed("127.0.0.1:80"), "127.0.0.1:80");
  EXPECT_EQ(parsed("[::1]:443"), "[::1]:443");
  EXPECT_EQ(parsed(":18889"), "[::]:18889");
  EXPECT_EQ(parsed("localhost:1"), "127.0.0.1:1");
  EXPECT_EQ(parsed("0.0.0.0:0"), "0.0.0.0:0");
}

TEST(AddressParse, RefusesEverythingElse) {
  for (const char* text : {"", "80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1",
                           "127.0.0.1: 80", "::1:80", "[::1:80", "[127.0.0.1]:80", "example.org:80",
                           "1.2.3:80", "1.2.3.4.5:80", "[::1]80", "127.0.0.1:80x"}) {
    EXPECT_EQ(parsed(text), "refused") << text;
  }
  EXPECT_EQ(parsed("127.0.0.1\0:80"sv), "refused");
  EXPECT_EQ(parsed("[::1\0]:80"sv), "refused");
}

TEST(AddressParse, SaysWhatIsWrong) {
  const auto message = [](std::string_view text) {
    return std::string(base::message_of(Address::parse(text).status()));
  };
  EXPECT_THAT(message("localhost"), HasSubstr("\"localhost\": no port"));
  EXPECT_THAT(message("a:b"), HasSubstr("port must be a number"));
  EXPECT_THAT(message("::1:80"), HasSubstr("needs brackets"));
  EXPECT_THAT(message("edge.example.org:80"), HasSubstr("not another name"));
}

TEST(Address, HoldsMappedIpv4AsIpv4) {
  EXPECT_EQ(Address::parse_ip("::ffff:10.0.0.1", 80)->text(), "10.0.0.1:80");
  EXPECT_EQ(*Address::parse_ip("::ffff:10.0.0.1", 80), *Address::parse("10.0.0.1:80"));
}

TEST(Address, KnowsSpecialRanges) {
  const auto ip = [](std::string_view text) { return *Address::parse_ip(text, 0); };
  EXPECT_TRUE(ip("127.255.0.1").is_loopback());
  EXPECT_TRUE(ip("::1").is_loopback());
  EXPECT_TRUE(ip("::ffff:127.0.0.1").is_loopback());
  EXPECT_FALSE(ip("128.0.0.1").is_loopback());
  EXPECT_TRUE(ip("::").is_any());
  EXPECT_TRUE(ip("0.0.0.0").is_any());
  EXPECT_FALSE(ip("::1").is_any());
  EXPECT_TRUE(ip("169.254.169.254").is_link_local());
  EXPECT_TRUE(ip("::ffff:169.254.169.254").is_link_local());
  EXPECT_TRUE(ip("fe80::1").is_link_local());
  EXPECT_FALSE(ip("169.253.0.1").is_link_local());
}

TEST(Address, EqualityLooksAtHostAndPort) {
  EXPECT_EQ(Address::loopback(80), *Address::parse("127.0.0.1:80"));
  EXPECT_FALSE(Address::loopback(80) == Address::loopback(81));
  EXPECT_FALSE(*Address::parse("[::1]:80") == *Address::parse("[::2]:80"));
  EXPECT_FALSE(*Address::parse("[::]:80") == *Address::parse("0.0.0.0:80"));
  EXPECT_EQ(Address(), Address());
}

TEST(Address, EmptyIsHarmless) {
  const Address empty;
  EXPECT_TRUE(empty.empty());
  EXPECT_EQ(empty.text(), "");
  EXPECT_EQ(empty.port(), 0);
  EXPECT_TRUE(Address::local_of(-1).empty());
  EXPECT_TRUE(Address::peer_of(-1).empty());
}

TEST(Address, WithPortKeepsTheHost) {
  EXPECT_EQ(Address::loopback(1).with_port(2).text(), "127.0.0.1:2");
  EXPECT_EQ(Address::parse("[::1]:1")->with_port(2).text(), "[::1]:2");
}

}  // namespace
}  // namespace mex::net
