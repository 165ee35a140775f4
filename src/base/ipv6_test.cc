#include "base/ipv6.h"

#include <gtest/gtest.h>

#include <string>

namespace mex::base {
namespace {

using namespace std::literals;

TEST(Ipv6Test, TakesTheFormsOfTheRfc) {
  EXPECT_EQ(parse_ipv6("::1"), (Ipv6Bytes{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}));
  EXPECT_EQ(parse_ipv6("2001:db8::a"),
            (Ipv6Bytes{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x0a}));
  EXPECT_EQ(parse_ipv6("2001:db8:0:0:0:0:0:a"), parse_ipv6("2001:DB8::A"));
  EXPECT_EQ(parse_ipv6("::ffff:10.0.0.1"),
            (Ipv6Bytes{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1}));
}

TEST(Ipv6Test, RefusesEverythingElse) {
  for (const std::string_view text :
       {""sv, ":"sv, ":::"sv, "1::2::3"sv, "12345::"sv, "10.0.0.1"sv, "[::1]"sv, "fe80::1%eth0"sv,
        "::1 "sv, "::1/64"sv, "1:2:3:4:5:6:7"sv, "1:2:3:4:5:6:7:8:9"sv, "::g"sv}) {
    EXPECT_FALSE(parse_ipv6(text)) << text;
  }
  EXPECT_FALSE(parse_ipv6(std::string(100, ':')));
}

// A C library that reads up to the zero byte took what stood behind it along unseen.
TEST(Ipv6Test, RefusesTextBehindAZeroByte) {
  EXPECT_FALSE(parse_ipv6("::1\0"sv));
  EXPECT_FALSE(parse_ipv6("::1\0; more"sv));
}

}  // namespace
}  // namespace mex::base
