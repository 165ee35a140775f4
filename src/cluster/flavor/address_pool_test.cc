#include "cluster/flavor/address_pool.h"

#include <gtest/gtest.h>

#include "base/ipv4.h"

namespace mex::cluster {
namespace {

TEST(AddressPool, CutsItsBlockIntoSubnets) {
  const auto pool = AddressPool::parse("10.101.0.0/16");
  ASSERT_TRUE(pool.ok());
  EXPECT_EQ(pool->subnet_count(24), 256U);
  EXPECT_EQ(to_string(pool->subnet(0, 24)), "10.101.0.0/24");
  EXPECT_EQ(to_string(pool->subnet(255, 24)), "10.101.255.0/24");
  EXPECT_EQ(to_string(address_in(pool->subnet(7, 24), kFirstMasterOffset)), "10.101.7.10");
  EXPECT_EQ(pool->subnet_count(22), 64U);
  EXPECT_EQ(to_string(pool->subnet(63, 22)), "10.101.252.0/22");
  const auto small = AddressPool::parse("10.101.7.0/24");
  EXPECT_EQ(small->subnet_count(24), 1U);
  EXPECT_EQ(small->subnet_count(23), 0U);
}

TEST(AddressPool, FindsTheSubnetOfAnAddress) {
  const auto pool = AddressPool::parse("10.101.0.0/16");
  EXPECT_EQ(to_string(*pool->subnet_of(*base::parse_ipv4("10.101.9.44"), 24)), "10.101.9.0/24");
  EXPECT_EQ(to_string(*pool->subnet_of(*base::parse_ipv4("10.101.9.44"), 22)), "10.101.8.0/22");
  EXPECT_FALSE(pool->subnet_of(*base::parse_ipv4("10.102.0.1"), 24));
}

TEST(Subnet, HasRoomForItsWorkersAndForNeutron) {
  EXPECT_EQ(subnet_length_for(0), 24);
  EXPECT_EQ(subnet_length_for(99), 24);
  EXPECT_EQ(subnet_length_for(100), 23);
  EXPECT_EQ(subnet_length_for(355), 23);
  EXPECT_EQ(subnet_length_for(500), 22);
  const base::Ipv4Block block = *base::parse_ipv4_block("10.101.8.0/22");
  EXPECT_EQ(to_string(address_in(block, first_automatic_offset(22))), "10.101.11.200");
  EXPECT_EQ(to_string(address_in(block, last_automatic_offset(22))), "10.101.11.254");
}

TEST(UnitsOf, AreTheSlash24sOfABlock) {
  const auto units = units_of(*base::parse_ipv4_block("10.101.8.0/22"));
  ASSERT_EQ(units.size(), 4U);
  EXPECT_EQ(to_string(units[3]), "10.101.11.0/24");
  const base::Ipv4Block address = *base::parse_ipv4_block("10.0.0.7/32");
  EXPECT_EQ(units_of(address), std::vector{address});
}

TEST(AddressPool, RefusesOtherBlocks) {
  for (const char* wrong : {"", "10.101.0.0", "10.101.0.0/25", "10.101.0.1/16", "0.0.0.0/0",
                            "127.0.0.0/16", "169.254.0.0/16", "169.0.0.0/8", "224.0.0.0/16",
                            "239.1.0.0/16", "240.0.0.0/8", "0.0.0.0/8", "128.0.0.0/1"}) {
    EXPECT_EQ(AddressPool::parse(wrong).status().code(), absl::StatusCode::kInvalidArgument)
        << wrong;
  }
}

}  // namespace
}  // namespace mex::cluster
