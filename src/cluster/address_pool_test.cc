#include "cluster/address_pool.h"

#include <gtest/gtest.h>

namespace mex::cluster {
namespace {

TEST(ParseIpv4, TakesDottedDecimalOnly) {
  EXPECT_EQ(to_text(*parse_ipv4("10.101.0.255")), "10.101.0.255");
  EXPECT_EQ(parse_ipv4("0.0.0.0")->value, 0U);
  EXPECT_EQ(parse_ipv4("255.255.255.255")->value, 0xffffffffU);
  for (const char* wrong : {"", "10", "10.1.2", "10.1.2.3.4", "10.1.2.256", "10.1.2.", ".1.2.3",
                            "10.01.2.3", "10.1.2.3 ", "a.b.c.d", "10.1.2.-3", "10.1.2.3/24"}) {
    EXPECT_FALSE(parse_ipv4(wrong)) << wrong;
  }
}

TEST(ParseIpv4Block, WantsHostBitsToBeZero) {
  EXPECT_EQ(to_text(*parse_ipv4_block("10.101.7.0/24")), "10.101.7.0/24");
  EXPECT_TRUE(parse_ipv4_block("0.0.0.0/0"));
  for (const char* wrong : {"10.101.7.1/24", "10.101.7.0", "10.101.7.0/33", "10.101.7.0/", "/24"}) {
    EXPECT_FALSE(parse_ipv4_block(wrong)) << wrong;
  }
}

TEST(Ipv4Block, ContainsItsAddressesOnly) {
  const Ipv4Block block = *parse_ipv4_block("10.101.7.0/24");
  EXPECT_TRUE(block.contains(*parse_ipv4("10.101.7.0")));
  EXPECT_TRUE(block.contains(*parse_ipv4("10.101.7.255")));
  EXPECT_FALSE(block.contains(*parse_ipv4("10.101.8.0")));
}

TEST(Ipv4Block, OverlapsWhatItSharesAddressesWith) {
  const Ipv4Block block = *parse_ipv4_block("10.101.0.0/16");
  EXPECT_TRUE(overlap(block, *parse_ipv4_block("10.101.7.0/24")));
  EXPECT_TRUE(overlap(*parse_ipv4_block("10.96.0.0/12"), block));
  EXPECT_TRUE(overlap(block, block));
  EXPECT_FALSE(overlap(block, *parse_ipv4_block("10.102.0.0/16")));
}

TEST(AddressPool, CutsItsBlockIntoSubnets) {
  const auto pool = AddressPool::parse("10.101.0.0/16");
  ASSERT_TRUE(pool.ok());
  EXPECT_EQ(pool->subnet_count(24), 256U);
  EXPECT_EQ(to_text(pool->subnet(0, 24)), "10.101.0.0/24");
  EXPECT_EQ(to_text(pool->subnet(255, 24)), "10.101.255.0/24");
  EXPECT_EQ(to_text(address_in(pool->subnet(7, 24), kFirstMasterOffset)), "10.101.7.10");
  EXPECT_EQ(pool->subnet_count(22), 64U);
  EXPECT_EQ(to_text(pool->subnet(63, 22)), "10.101.252.0/22");
  const auto small = AddressPool::parse("10.101.7.0/24");
  EXPECT_EQ(small->subnet_count(24), 1U);
  EXPECT_EQ(small->subnet_count(23), 0U);
}

TEST(AddressPool, FindsTheSubnetOfAnAddress) {
  const auto pool = AddressPool::parse("10.101.0.0/16");
  EXPECT_EQ(to_text(*pool->subnet_of(*parse_ipv4("10.101.9.44"), 24)), "10.101.9.0/24");
  EXPECT_EQ(to_text(*pool->subnet_of(*parse_ipv4("10.101.9.44"), 22)), "10.101.8.0/22");
  EXPECT_FALSE(pool->subnet_of(*parse_ipv4("10.102.0.1"), 24));
}

TEST(Subnet, HasRoomForItsWorkersAndForNeutron) {
  EXPECT_EQ(subnet_length_for(0), 24);
  EXPECT_EQ(subnet_length_for(99), 24);
  EXPECT_EQ(subnet_length_for(100), 23);
  EXPECT_EQ(subnet_length_for(355), 23);
  EXPECT_EQ(subnet_length_for(500), 22);
  const Ipv4Block block = *parse_ipv4_block("10.101.8.0/22");
  EXPECT_EQ(to_text(address_in(block, first_automatic_offset(22))), "10.101.11.200");
  EXPECT_EQ(to_text(address_in(block, last_automatic_offset(22))), "10.101.11.254");
}

TEST(UnitsOf, AreTheSlash24sOfABlock) {
  const auto units = units_of(*parse_ipv4_block("10.101.8.0/22"));
  ASSERT_EQ(units.size(), 4U);
  EXPECT_EQ(to_text(units[3]), "10.101.11.0/24");
  const Ipv4Block address = *parse_ipv4_block("10.0.0.7/32");
  EXPECT_EQ(units_of(address), std::vector{address});
}

TEST(AddressPool, RefusesOtherBlocks) {
  for (const char* wrong : {"", "10.101.0.0", "10.101.0.0/25", "10.101.0.1/16", "0.0.0.0/0"}) {
    EXPECT_EQ(AddressPool::parse(wrong).status().code(), absl::StatusCode::kInvalidArgument)
        << wrong;
  }
}

}  // namespace
}  // namespace mex::cluster
