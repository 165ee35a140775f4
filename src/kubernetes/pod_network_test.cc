#include "kubernetes/pod_network.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/status.h"

namespace mex::kubernetes {
namespace {

using ::testing::HasSubstr;

TEST(PodNetworkTest, FollowsFromTheNodesAddress) {
  EXPECT_EQ(*pod_network_of("10.244.0.0/16", "10.101.7.0/24", "10.101.7.20"), "10.244.20.0/24");
  EXPECT_EQ(*pod_network_of("10.244.0.0/16", "10.101.7.0/24", "10.101.7.255"), "10.244.255.0/24");
  EXPECT_EQ(*pod_network_of("10.64.0.0/10", "192.168.0.0/22", "192.168.3.1"), "10.67.1.0/24");
  EXPECT_EQ(*pod_network_of("10.244.240.0/20", "10.1.2.16/28", "10.1.2.17"), "10.244.241.0/24");
}

TEST(PodNetworkTest, RoutesOfAllNodesAgreeAndNeverOverlap) {
  const std::string pods = "10.244.0.0/16";
  const std::string subnet = "10.101.7.0/24";
  const auto routes = pod_routes(pods, subnet, "10.101.7.10");
  ASSERT_TRUE(routes.ok()) << routes.status();
  EXPECT_EQ(routes->size(), 253U);
  std::set<std::string> networks;
  for (const PodRoute& route : *routes) {
    EXPECT_NE(route.node_address, "10.101.7.10");
    EXPECT_EQ(*pod_network_of(pods, subnet, route.node_address), route.pod_network);
    networks.insert(route.pod_network);
  }
  EXPECT_EQ(networks.size(), 253U);
  EXPECT_THAT(*routes, ::testing::Contains(PodRoute{.pod_network = "10.244.11.0/24",
                                                    .node_address = "10.101.7.11"}));
}

TEST(PodNetworkTest, WhatDoesNotFitIsRefusedWithAllThreeNamed) {
  const auto small = pod_network_of("10.244.0.0/17", "10.101.7.0/24", "10.101.7.20");
  EXPECT_EQ(small.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(base::message_of(small.status()), HasSubstr("10.244.0.0/17 is too small"));
  for (const char* address : {"10.101.8.1", "", "10.101.7", "10.101.7.256", "fd00::1"}) {
    EXPECT_EQ(pod_network_of("10.244.0.0/16", "10.101.7.0/24", address).status().code(),
              absl::StatusCode::kInvalidArgument)
        << address;
  }
  for (const char* network : {"", "10.244.0.0", "10.244.0.0/", "10.244.0.0/33", "10.244.0.0/0",
                              "10.244.0.1/16", "10.244.0.0/16x", "10.244.0.0/-1", "x/16"}) {
    EXPECT_FALSE(pod_network_of(network, "10.101.7.0/24", "10.101.7.20").ok()) << network;
    EXPECT_FALSE(pod_network_of("10.0.0.0/8", network, "10.101.7.20").ok()) << network;
  }
  const auto wide = pod_routes("10.0.0.0/8", "172.16.0.0/20", "172.16.0.5");
  EXPECT_THAT(base::message_of(wide.status()), HasSubstr("a CNI from a manifest is needed"));
}

}  // namespace
}  // namespace mex::kubernetes
