#include "cluster/engine/cluster_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "cluster/records/inventory_fixture.h"

namespace mex::cluster {
namespace {

using testing::ElementsAre;

const std::map<std::string, ObservedServer> kNoServers;

ClusterRecord whole_cluster() {
  ClusterRecord cluster;
  cluster.id = kTestClusterId;
  cluster.spec = test_spec();
  cluster.resources = whole_journal();
  cluster.gateway = "203.0.113.7";
  return cluster;
}

TEST(ClusterViewTest, ShowsWhatTheListOfServersAndTheApiServerSaid) {
  const std::map<std::string, ObservedServer> servers{
      {"id of server master-1", {.status = "ACTIVE"}},
      {"id of server worker-1", {.status = "ERROR", .fault = "no host"}}};
  KubernetesSweep sweep;
  sweep.health.ready = true;
  kubernetes::Node node;
  node.kubelet_version = "v1.20.2";
  sweep.nodes["test-1-k3v9x2ab-master-1"] = node;
  const ClusterView view =
      view_of(whole_cluster(),
              {.servers = servers, .servers_problem = {}, .kubernetes = &sweep, .repair_note = {}},
              "edge.example");
  ASSERT_EQ(view.nodes.size(), 3U);
  EXPECT_EQ(view.nodes[0].status, "ACTIVE");
  EXPECT_EQ(view.nodes[0].ready, "Unknown");
  EXPECT_EQ(view.nodes[0].kubelet_version, "v1.20.2");
  EXPECT_EQ(view.nodes[1].status, "ERROR");
  EXPECT_EQ(view.nodes[1].fault, "no host");
  EXPECT_EQ(view.nodes[2].status, "");
  EXPECT_EQ(view.nodes[2].ready, "");
  EXPECT_EQ(view.nodes[2].server_id, "id of server worker-2");
  EXPECT_EQ(view.flavor, "m1.small");
  EXPECT_EQ(view.network_id, "id of network");
}

TEST(ClusterViewTest, NamesWhatTheNodesHaveOnce) {
  ClusterRecord cluster = whole_cluster();
  cluster.spec.nodes[2].nova_flavor = "m1.gpu";
  EXPECT_EQ(
      view_of(
          cluster,
          {.servers = kNoServers, .servers_problem = {}, .kubernetes = nullptr, .repair_note = {}},
          "")
          .flavor,
      "m1.small,m1.gpu");
}

TEST(ClusterViewTest, AnOperationWithABlockedStepIsBlocked) {
  OperationRecord operation;
  operation.steps.emplace_back().state = StepState::Blocked;
  operation.steps.back().reason = because("UNAVAILABLE", "no connection");
  EXPECT_EQ(view_of(operation).state, OperationState::Blocked);
  EXPECT_EQ(view_of(operation).reason.message, "no connection");
  operation.state = OperationState::Failed;
  EXPECT_EQ(view_of(operation).state, OperationState::Failed);
}

TEST(ClusterViewTest, TheReasonOfABlockedStepStaysWhileItIsTriedAgain) {
  OperationRecord operation;
  operation.steps.resize(3);
  operation.steps[0].state = StepState::Done;
  operation.steps[1].state = StepState::Running;
  operation.steps[1].reason = because("ServerBuilding", "worker-1 is BUILD");
  EXPECT_EQ(blocked_step(operation), nullptr) << "it waits, and nothing has failed";
  operation.steps[2].state = StepState::Running;
  operation.steps[2].is_retried = true;
  operation.steps[2].reason = because("UNAVAILABLE", "no connection");
  EXPECT_EQ(blocked_step(operation), &operation.steps[2]);
  EXPECT_EQ(view_of(operation).state, OperationState::Blocked);
  EXPECT_EQ(view_of(operation).reason.message, "no connection");
  operation.steps[1].state = StepState::Blocked;
  EXPECT_EQ(blocked_step(operation), &operation.steps[1]) << "the first of them";
  operation.state = OperationState::Cancelled;
  EXPECT_EQ(blocked_step(operation), nullptr);
}

TEST(ClusterViewTest, EndpointsAreThoseOfAClusterThatStays) {
  ClusterRecord cluster = whole_cluster();
  const auto endpoints = endpoints_of(cluster, "edge.example");
  ASSERT_TRUE(endpoints);
  EXPECT_EQ(endpoints->subnet, "10.101.7.0/24");
  EXPECT_EQ(endpoints->gateway, "203.0.113.7");
  EXPECT_THAT(endpoints->master_addresses, ElementsAre("10.101.7.10"));
  EXPECT_EQ(endpoints->api_server_name, "test-1.tenant-1.edge.example");
  cluster.phase = ClusterPhase::Destroying;
  EXPECT_FALSE(endpoints_of(cluster, "edge.example"));
}

}  // namespace
}  // namespace mex::cluster
