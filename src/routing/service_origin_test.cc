#include "routing/service_origin.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"
#include "routing/pod_reach.h"

namespace mex::routing {
namespace {

using kubernetes::Reach;
using ::testing::HasSubstr;

TEST(ServiceOriginTest, NamesAClusterAServiceAndMaybeAPortAndABase) {
  const auto plain = parse_service_origin("k8s://tenant-1/demo/default/web");
  ASSERT_TRUE(plain.ok()) << plain.status();
  EXPECT_EQ(plain->service.tenant, "tenant-1");
  EXPECT_EQ(plain->service.cluster, "demo");
  EXPECT_EQ(plain->service.name_space, "default");
  EXPECT_EQ(plain->service.service, "web");
  EXPECT_EQ(plain->service.port, "");
  EXPECT_EQ(plain->base, "/");
  EXPECT_EQ(plain->placeholder(), "http://web.default.demo.tenant-1/");
  const auto whole = parse_service_origin("k8s://t/c/n/s:http/api/v1");
  ASSERT_TRUE(whole.ok()) << whole.status();
  EXPECT_EQ(whole->service.port, "http");
  EXPECT_EQ(whole->base, "/api/v1");
  EXPECT_EQ(parse_service_origin("k8s://t/c/n/s:8080")->service.port, "8080");
}

TEST(ServiceOriginTest, WhatIsNotOfTheFormIsRefused) {
  for (const char* url : {"",
                          "k8s://",
                          "k8s:/t/c/n/s",
                          "http://t/c/n/s",
                          "K8S://t/c/n/s",
                          "k8s://t/c/n",
                          "k8s://t/c/n/",
                          "k8s://t//n/s",
                          "k8s:///c/n/s",
                          "k8s://T/c/n/s",
                          "k8s://t/c/n/-s",
                          "k8s://t/c/n/s:",
                          "k8s://t/c/n/s:0",
                          "k8s://t/c/n/s:080",
                          "k8s://t/c/n/s:65536",
                          "k8s://t/c/n/s:99999999999",
                          "k8s://t/c/n/s:a_b",
                          "k8s://t/c/n/s:name-that-is-too-long",
                          "k8s://t/c/n/s:1:2",
                          "k8s://u@t/c/n/s",
                          "k8s://t/c/n/s?x=1",
                          "k8s://t/c/n/s/b?x",
                          "k8s://t/c/n/s/b#x",
                          "k8s://t/c/n/s /b",
                          "k8s://t/c/../s",
                          "k8s://t/c/n/%2e"}) {
    EXPECT_EQ(parse_service_origin(url).status().code(), absl::StatusCode::kInvalidArgument) << url;
  }
  EXPECT_THAT(std::string(base::message_of(parse_service_origin("k8s://t/c/n").status())),
              HasSubstr("k8s://<tenant>/<cluster>/<namespace>/<service>"));
}

class PodReachTest : public ::testing::Test {
 protected:
  static KernelRoute route(const std::string& subnet, const std::string& gateway) {
    return {{subnet, gateway, "eth0"}, false, ""};
  }
  Reach reach(const std::string& address) const {
    return reach_of(address, networks_, RouteLookup(routes_));
  }

  ClusterNetworks networks_{
      "10.244.0.0/16", "10.101.7.0/24", {"10.101.7.10", "10.101.7.11"}, "203.0.113.7"};
  std::vector<KernelRoute> routes_{route("default", "192.0.2.1"),
                                   route("10.101.7.0/24", "203.0.113.7")};
};

TEST_F(PodReachTest, NodesAreReachedAsTheApiServerIs) {
  EXPECT_EQ(reach("10.101.7.11"), Reach::Routed);
  EXPECT_EQ(reach("10.101.7.99"), Reach::Routed) << "its subnet is the cluster's";
  networks_.node_subnet.clear();
  EXPECT_EQ(reach("10.101.7.11"), Reach::Routed);
  EXPECT_EQ(reach("10.101.7.99"), Reach::Foreign);
}

TEST_F(PodReachTest, TheDefaultRouteLeadsToNoPod) {
  EXPECT_EQ(reach("10.244.1.5"), Reach::Unrouted);
}

TEST_F(PodReachTest, ARouteHasToLeadIntoThisCluster) {
  routes_.push_back(route("10.244.0.0/16", "203.0.113.8"));
  EXPECT_EQ(reach("10.244.1.5"), Reach::Unrouted) << "another cluster's pods have these, too";
  routes_.push_back(route("10.244.1.0/24", "203.0.113.7"));
  EXPECT_EQ(reach("10.244.1.5"), Reach::Routed);
  EXPECT_EQ(reach("10.244.2.5"), Reach::Unrouted);
  routes_.push_back(route("10.244.1.5/32", ""));
  EXPECT_EQ(reach("10.244.1.5"), Reach::Unrouted) << "the longest prefix counts";
  routes_.push_back(route("10.244.2.0/24", "10.101.7.11"));
  EXPECT_EQ(reach("10.244.2.5"), Reach::Routed) << "by one of its nodes";
}

TEST_F(PodReachTest, WhatIsNoneOfItsAddressesIsForeign) {
  for (const char* address : {"127.0.0.1", "::1", "0.0.0.0", "169.254.169.254", "10.101.8.1",
                              "192.0.2.1", "fe80::1", "x", "", "::ffff:127.0.0.1"}) {
    EXPECT_EQ(reach(address), Reach::Foreign) << address;
  }
}

}  // namespace
}  // namespace mex::routing
