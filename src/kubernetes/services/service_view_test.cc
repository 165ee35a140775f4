#include "kubernetes/services/service_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mex::kubernetes {
namespace {

using State = ServiceEndpoints::State;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ServiceViewTest : public ::testing::Test {
 protected:
  ServiceViewTest() {
    service_.emplace();
    service_->has_selector = true;
    service_->ports = {{"", 80, 0}};
    slices_ = {{{{"", 8080}}, {{"10.244.1.1", "n1", true}, {"10.244.2.1", "n2", true}}}};
    nodes_ = {{"n1", {"n1", "10.101.7.11", true}},
              {"n2", {"n2", "10.101.7.12", true}},
              {"n3", {"n3", "10.101.7.13", true}}};
  }
  ServiceView view(std::string_view port = "") const {
    return view_service({service_, slices_, has_nodes_ ? &nodes_ : nullptr}, port,
                        [this](const std::string& address) {
                          if (address.starts_with("10.244.") || address.starts_with("fd00:")) {
                            return pods_;
                          }
                          return address.starts_with("10.101.7.") ? Reach::Routed : Reach::Foreign;
                        });
  }
  std::vector<std::string> addresses(std::string_view port = "") const {
    const ServiceView seen = view(port);
    EXPECT_EQ(seen.endpoints.state, State::Current) << seen.endpoints.reason;
    return seen.endpoints.addresses;
  }
  std::string reason(std::string_view port = "") const {
    const ServiceView seen = view(port);
    EXPECT_EQ(seen.endpoints.state, State::Unavailable);
    EXPECT_TRUE(seen.endpoints.addresses.empty());
    return seen.endpoints.reason;
  }

  std::optional<Service> service_;
  std::vector<EndpointSlice> slices_;
  std::map<std::string, ServiceNode> nodes_;
  bool has_nodes_ = true;
  Reach pods_ = Reach::Routed;
};

TEST_F(ServiceViewTest, PodsWhereTheHostHasAWayToThem) {
  EXPECT_THAT(addresses(), ElementsAre("10.244.1.1:8080", "10.244.2.1:8080"));
}

TEST_F(ServiceViewTest, AnEndpointInTwoSlicesIsOne) {
  slices_.push_back(slices_.front());
  EXPECT_EQ(addresses().size(), 2U);
}

TEST_F(ServiceViewTest, WhatIsNotReadyGetsNothing) {
  slices_[0].endpoints[0].is_ready = false;
  EXPECT_THAT(addresses(), ElementsAre("10.244.2.1:8080"));
  slices_[0].endpoints[1].is_ready = false;
  EXPECT_THAT(reason(), HasSubstr("none of its pods is ready"));
  slices_[0].endpoints.clear();
  EXPECT_THAT(reason(), HasSubstr("has no pods"));
}

TEST_F(ServiceViewTest, ThePortByNameAndByNumber) {
  service_->ports = {{"http", 80, 0}, {"admin", 81, 0}};
  slices_[0].ports = {{"admin", 9090}, {"http", 8080}};
  EXPECT_THAT(addresses("http"), ElementsAre("10.244.1.1:8080", "10.244.2.1:8080"));
  EXPECT_THAT(addresses("81"), ElementsAre("10.244.1.1:9090", "10.244.2.1:9090"));
  EXPECT_THAT(reason(), HasSubstr("several ports: say which (http (80), admin (81))"));
  EXPECT_THAT(reason("82"), HasSubstr("no port 82"));
  EXPECT_THAT(reason("8080"), HasSubstr("no port 8080")) << "that is the pods', not the service's";
  EXPECT_THAT(reason("web"), HasSubstr("no port web"));
}

// A rolling update may change the number behind a name: each slice has its own.
TEST_F(ServiceViewTest, ANamedPortMayBeAnotherNumberInEachSlice) {
  service_->ports = {{"http", 80, 0}};
  slices_[0].ports = {{"http", 8080}};
  slices_.push_back({{{"http", 9090}}, {{"10.244.3.1", "n3", true}}});
  EXPECT_THAT(addresses(), ElementsAre("10.244.1.1:8080", "10.244.2.1:8080", "10.244.3.1:9090"));
}

TEST_F(ServiceViewTest, AHeadlessServiceNeedNotListItsPorts) {
  service_->is_headless = true;
  EXPECT_EQ(addresses().size(), 2U);
  service_->ports.clear();
  slices_[0].ports.clear();
  EXPECT_THAT(addresses("8080"), ElementsAre("10.244.1.1:8080", "10.244.2.1:8080"));
  EXPECT_THAT(reason(), HasSubstr("no TCP port"));
}

TEST_F(ServiceViewTest, OfTwoFamiliesTheFirstThatIsReached) {
  slices_.push_back({{{"", 8080}}, {{"fd00::1", "n1", true}}});
  EXPECT_THAT(addresses(), ElementsAre("10.244.1.1:8080", "10.244.2.1:8080"));
  service_->prefers_ipv6 = true;
  EXPECT_THAT(addresses(), ElementsAre("[fd00::1]:8080"));
  slices_.pop_back();
  EXPECT_EQ(addresses().size(), 2U) << "there is no other";
}

TEST_F(ServiceViewTest, NodePortsWhereThereIsNoWayToPods) {
  pods_ = Reach::Unrouted;
  EXPECT_THAT(reason(), HasSubstr("make it of type NodePort"));
  service_->ports[0].node_port = 30080;
  EXPECT_THAT(addresses(),
              ElementsAre("10.101.7.11:30080", "10.101.7.12:30080", "10.101.7.13:30080"));
  nodes_["n2"].is_ready = false;
  nodes_["n3"].address.clear();
  EXPECT_THAT(addresses(), ElementsAre("10.101.7.11:30080"));
}

TEST_F(ServiceViewTest, LocalTrafficGoesToNodesWithAReadyPodOnly) {
  pods_ = Reach::Unrouted;
  service_->ports[0].node_port = 30080;
  service_->is_local_traffic = true;
  slices_[0].endpoints[1].is_ready = false;
  EXPECT_THAT(addresses(), ElementsAre("10.101.7.11:30080"));
  nodes_["n1"].is_ready = false;
  EXPECT_THAT(reason(), HasSubstr("externalTrafficPolicy Local"));
}

TEST_F(ServiceViewTest, NodesAreAskedForOnlyWhereTheyAreNeeded) {
  has_nodes_ = false;
  EXPECT_FALSE(view().needs_nodes);
  pods_ = Reach::Unrouted;
  service_->ports[0].node_port = 30080;
  EXPECT_TRUE(view().needs_nodes);
}

// A tenant's API server may name any address as an endpoint: the agent's, another tenant's.
TEST_F(ServiceViewTest, WhatIsOutsideTheClustersNetworksGetsNothing) {
  service_->has_selector = false;
  slices_[0].endpoints = {{"127.0.0.1", "", true}, {"192.0.2.1", "", true}};
  EXPECT_THAT(reason(), HasSubstr("in none of the cluster's networks"));
  slices_[0].endpoints.push_back({"10.101.7.40", "", true});
  EXPECT_THAT(addresses(), ElementsAre("10.101.7.40:8080"));
  service_->ports[0].node_port = 30080;
  nodes_ = {{"evil", {"evil", "192.0.2.1", true}}};
  pods_ = Reach::Unrouted;
  slices_[0].endpoints = {{"10.244.1.1", "evil", true}};
  EXPECT_THAT(reason(), HasSubstr("no node is ready that the host has a way to"));
}

TEST_F(ServiceViewTest, ServicesThatLeadNowhereSayWhy) {
  service_->external_name = "db.example";
  EXPECT_THAT(reason(), HasSubstr("ExternalName (db.example)"));
  service_->external_name.clear();
  service_->has_selector = false;
  slices_.clear();
  EXPECT_THAT(reason(), HasSubstr("has no selector"));
  service_.reset();
  EXPECT_THAT(reason(), HasSubstr("there is no such service"));
}

}  // namespace
}  // namespace mex::kubernetes
