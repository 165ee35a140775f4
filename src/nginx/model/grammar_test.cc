#include "nginx/model/grammar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/status.h"

namespace mex::nginx {
namespace {

using namespace std::literals;
using ::testing::HasSubstr;

// Each of them would end a word or begin something else in nginx's own grammar.
constexpr std::string_view kBreaking = " \t\n\r;{}\"'$#\\\0\x7f\xc3"sv;

TEST(GrammarTest, NothingAcceptedCanBeMoreThanOneWord) {
  for (const char c : kBreaking) {
    const std::string end(1, c);
    EXPECT_FALSE(is_name("a" + end)) << static_cast<int>(c);
    EXPECT_FALSE(is_path("/a" + end)) << static_cast<int>(c);
    EXPECT_FALSE(is_server_name("a.b" + end)) << static_cast<int>(c);
    EXPECT_FALSE(is_address_block("10.0.0.0/8" + end)) << static_cast<int>(c);
    EXPECT_FALSE(is_host("a" + end)) << static_cast<int>(c);
    EXPECT_FALSE(is_user_name("a" + end)) << static_cast<int>(c);
    if (c != '$') {
      EXPECT_FALSE(is_password_hash("$2b$05$a" + end)) << static_cast<int>(c);
    }
    EXPECT_FALSE(parse_origin("a:80" + end, 0).ok()) << static_cast<int>(c);
    EXPECT_FALSE(parse_origin("10.0.0.1" + end, 80).ok()) << static_cast<int>(c);
    EXPECT_FALSE(parse_origin("[::1" + end + "]:80", 80).ok()) << static_cast<int>(c);
    EXPECT_FALSE(is_address_block("10.0.0.0" + end + "/8")) << static_cast<int>(c);
    EXPECT_FALSE(is_ip_address("::1" + end)) << static_cast<int>(c);
  }
}

TEST(GrammarTest, NamesAreFileAndContainerNames) {
  for (const char* name : {"test1", "A", "0", "a.b_c-d", "a..b"}) EXPECT_TRUE(is_name(name));
  for (const char* name : {"", ".", "..", "-a", "_a", "a/b", "a:b"}) {
    EXPECT_FALSE(is_name(name)) << name;
  }
  EXPECT_TRUE(is_name(std::string(63, 'a')));
  EXPECT_FALSE(is_name(std::string(64, 'a')));
}

TEST(GrammarTest, PathsAreWhatANormalisedUriCanBeginWith) {
  for (const char* path : {"/", "/hello", "/a/b/", "/a.b/..c", "/a@b,c=d:e+f(g)!*&~"}) {
    EXPECT_TRUE(is_path(path)) << path;
  }
  for (const char* path :
       {"", "hello", "/a//b", "/..", "/.", "/a/./b", "/a/../b", "/%41", "/a?b"}) {
    EXPECT_FALSE(is_path(path)) << path;
  }
}

TEST(GrammarTest, ServerNamesAreDnsNames) {
  for (const char* name : {"a.example", "*.a.example", "localhost", "_a.b_.example", "a.1_"}) {
    EXPECT_TRUE(is_server_name(name)) << name;
  }
  for (const char* name : {"", "*", "*.", "a.*.b", "A.example", ".a", "a..b", "10.0.0.1", "a.1",
                           "a.example.", "-a", "a-", "default;"}) {
    EXPECT_FALSE(is_server_name(name)) << name;
  }
  EXPECT_TRUE(is_server_name(std::string(63, '_') + ".b"));
  EXPECT_FALSE(is_server_name(std::string(64, 'a') + ".b"));
}

TEST(GrammarTest, BlocksAreAddressesWithTheirBits) {
  for (const char* block : {"10.0.0.0/8", "192.0.2.1", "fd00::/8", "::/0", "0.0.0.0/0"}) {
    EXPECT_TRUE(is_address_block(block)) << block;
  }
  for (const char* block :
       {"", "10.0.0.0/33", "fd00::/129", "10.0.0/8", "all", "10.0.0.0/", "unix:"}) {
    EXPECT_FALSE(is_address_block(block)) << block;
  }
}

TEST(GrammarTest, PortNumbers) {
  EXPECT_EQ(parse_port_number("1"), 1);
  EXPECT_EQ(parse_port_number("65535"), 65535);
  for (const char* text : {"", "0", "65536", "-1", "+1", " 1", "1 ", "0x10", "80-90", "http"}) {
    EXPECT_FALSE(parse_port_number(text).has_value()) << text;
  }
}

TEST(GrammarTest, OriginsAreHostAndPort) {
  EXPECT_EQ(parse_origin("10.1.2.3:80", 0)->text(), "10.1.2.3:80");
  EXPECT_EQ(parse_origin("[fd00::7]:80", 0)->text(), "[fd00::7]:80");
  EXPECT_EQ(parse_origin("Svc.Example:80", 0)->text(), "svc.example:80");
  EXPECT_EQ(parse_origin("localhost:80", 0)->text(), "127.0.0.1:80");
  EXPECT_EQ(parse_origin("10.1.2.3", 80)->text(), "10.1.2.3:80");
  EXPECT_EQ(parse_origin("my_container:80", 0)->text(), "my_container:80");
  for (const char* text : {"", ":80", "10.1.2.3", "10.1.2.3:", "10.1.2.3:0", "10.1.2:80",
                           "fd00::7:80", "[fd00::7]", "[fd00::7]80", "[10.1.2.3]:80",
                           "http://10.1.2.3:80", "a:80/x", "unix:/x", "10.1.2.3:80:90", "-a:80"}) {
    const auto origin = parse_origin(text, 0);
    EXPECT_EQ(origin.status().code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(std::string(base::message_of(origin.status())), HasSubstr("must be host:port"));
  }
}

}  // namespace
}  // namespace mex::nginx
