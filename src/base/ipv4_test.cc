#include "base/ipv4.h"

#include <gtest/gtest.h>

namespace mex::base {
namespace {

TEST(ParseIpv4, TakesDottedDecimalOnly) {
  EXPECT_EQ(to_string(*parse_ipv4("10.101.0.255")), "10.101.0.255");
  EXPECT_EQ(parse_ipv4("0.0.0.0")->value, 0U);
  EXPECT_EQ(parse_ipv4("255.255.255.255")->value, 0xffffffffU);
  using namespace std::string_view_literals;
  for (const std::string_view wrong :
       {""sv, "10"sv, "10.1.2"sv, "10.1.2.3.4"sv, "10.1.2.256"sv, "10.1.2."sv, ".1.2.3"sv,
        "10.01.2.3"sv, "10.1.2.3 "sv, "10.1.2.3\0"sv, "10.1.2.1000"sv, "a.b.c.d"sv, "10.1.2.-3"sv,
        "10.1.2.+3"sv, "10.1.2.3/24"sv, "::1"sv}) {
    EXPECT_FALSE(parse_ipv4(wrong)) << wrong;
  }
}

TEST(ParseIpv4Block, WantsHostBitsToBeZero) {
  EXPECT_EQ(to_string(*parse_ipv4_block("10.101.7.0/24")), "10.101.7.0/24");
  EXPECT_TRUE(parse_ipv4_block("0.0.0.0/0"));
  for (const char* wrong : {"10.101.7.1/24", "10.101.7.0", "10.101.7.0/33", "10.101.7.0/", "/24",
                            "10.101.7.0/-1", "10.101.7.0/024", "10.101.7.0/24x"}) {
    EXPECT_FALSE(parse_ipv4_block(wrong)) << wrong;
  }
}

TEST(Ipv4Block, ContainsItsAddressesOnly) {
  const Ipv4Block block = *parse_ipv4_block("10.101.7.0/24");
  EXPECT_TRUE(block.contains(*parse_ipv4("10.101.7.0")));
  EXPECT_TRUE(block.contains(*parse_ipv4("10.101.7.255")));
  EXPECT_FALSE(block.contains(*parse_ipv4("10.101.8.0")));
  EXPECT_FALSE(block.contains(*parse_ipv4("10.101.6.255")));
}

TEST(Ipv4Block, OfAnyLengthHasASize) {
  EXPECT_EQ(parse_ipv4_block("10.0.0.7/32")->size(), 1U);
  EXPECT_EQ(parse_ipv4_block("10.101.7.0/24")->size(), 256U);
  const Ipv4Block all = *parse_ipv4_block("0.0.0.0/0");
  EXPECT_EQ(all.size(), std::uint64_t{1} << 32U);
  EXPECT_TRUE(all.contains(*parse_ipv4("255.255.255.255")));
}

TEST(Ipv4Block, OverlapsWhatItSharesAddressesWith) {
  const Ipv4Block block = *parse_ipv4_block("10.101.0.0/16");
  EXPECT_TRUE(overlap(block, *parse_ipv4_block("10.101.7.0/24")));
  EXPECT_TRUE(overlap(*parse_ipv4_block("10.96.0.0/12"), block));
  EXPECT_TRUE(overlap(block, block));
  EXPECT_FALSE(overlap(block, *parse_ipv4_block("10.102.0.0/16")));
}

TEST(Ipv4Block, ConsistsOfSmallerBlocks) {
  const Ipv4Block block = *parse_ipv4_block("10.101.0.0/16");
  EXPECT_EQ(block_count(block, 24), 256U);
  EXPECT_EQ(block_count(block, 16), 1U);
  EXPECT_EQ(block_count(block, 15), 0U);
  EXPECT_EQ(to_string(block_in(block, 255, 24)), "10.101.255.0/24");
  EXPECT_EQ(to_string(block_in(block, 63, 22)), "10.101.252.0/22");
  EXPECT_EQ(to_string(address_in(block, 0x1ff)), "10.101.1.255");
}

TEST(BlockAround, HoldsTheAddress) {
  const Ipv4 address = *parse_ipv4("203.0.113.77");
  EXPECT_EQ(to_string(block_around(address, 32)), "203.0.113.77/32");
  EXPECT_EQ(to_string(block_around(address, 26)), "203.0.113.64/26");
  EXPECT_EQ(to_string(block_around(address, 0)), "0.0.0.0/0");
}

}  // namespace
}  // namespace mex::base
