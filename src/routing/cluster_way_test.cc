#include "routing/cluster_way.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/address.h"

namespace mex::routing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(ClusterWayTest, MastersBecomeApiServers) {
  const auto ways = to_ways({{.cluster_id = "k3x9",
                              .api_server_name = "test-1.tenant-1.agent1.example.net",
                              .master_addresses = {"10.101.7.10", "fd00::11"},
                              .subnet = "10.101.7.0/24",
                              .gateway = "172.24.4.17"},
                             {.cluster_id = "m8p2",
                              .api_server_name = "",
                              .master_addresses = {},
                              .subnet = "",
                              .gateway = ""}});
  ASSERT_EQ(ways.size(), 2U);
  EXPECT_EQ(ways[0].cluster_id, "k3x9");
  EXPECT_EQ(ways[0].api_server_name, "test-1.tenant-1.agent1.example.net");
  EXPECT_THAT(ways[0].api_servers, ElementsAre(*net::Address::parse("10.101.7.10:6443"),
                                               *net::Address::parse("[fd00::11]:6443")));
  EXPECT_EQ(ways[0].subnet, "10.101.7.0/24");
  EXPECT_EQ(ways[0].gateway, "172.24.4.17");
  EXPECT_THAT(ways[1].api_servers, IsEmpty());
}

TEST(ClusterWayTest, AnInvalidAddressIsLeftOut) {
  const auto ways = to_ways({{.cluster_id = "k3x9",
                              .api_server_name = "test-1.tenant-1.agent1.example.net",
                              .master_addresses = {"master-1", "", "10.101.7.11"},
                              .subnet = "",
                              .gateway = ""}});
  ASSERT_EQ(ways.size(), 1U);
  EXPECT_THAT(ways[0].api_servers, ElementsAre(*net::Address::parse("10.101.7.11:6443")));
}

}  // namespace
}  // namespace mex::routing
