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

TEST(AddressPool, CutsItsBlockIntoSubnets) {
  const auto pool = AddressPool::parse("10.101.0.0/16");
  ASSERT_TRUE(pool.ok());
  EXPECT_EQ(pool->subnet_count(), 256U);
  EXPECT_EQ(to_text(pool->subnet(0)), "10.101.0.0/24");
  EXPECT_EQ(to_text(pool->subnet(255)), "10.101.255.0/24");
  EXPECT_EQ(to_text(address_in(pool->subnet(7), kFirstMasterOffset)), "10.101.7.10");
  EXPECT_EQ(AddressPool::parse("10.101.7.0/24")->subnet_count(), 1U);
}

TEST(AddressPool, FindsTheSubnetOfAnAddress) {
  const auto pool = AddressPool::parse("10.101.0.0/16");
  EXPECT_EQ(to_text(*pool->subnet_of(*parse_ipv4("10.101.9.44"))), "10.101.9.0/24");
  EXPECT_FALSE(pool->subnet_of(*parse_ipv4("10.102.0.1")));
}

TEST(AddressPool, RefusesOtherBlocks) {
  for (const char* wrong : {"", "10.101.0.0", "10.101.0.0/25", "10.101.0.1/16", "0.0.0.0/0"}) {
    EXPECT_EQ(AddressPool::parse(wrong).status().code(), absl::StatusCode::kInvalidArgument)
        << wrong;
  }
}

}  // namespace
}  // namespace mex::cluster
