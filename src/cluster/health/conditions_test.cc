#include "cluster/health/conditions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cluster/flavor/test_time.h"
#include "cluster/plan/plan_fixture.h"
#include "cluster/steps/node_bootstrap.h"

namespace mex::cluster {
namespace {

using testing::HasSubstr;

class ConditionsTest : public testing::Test {
 protected:
  ConditionsTest() {
    cluster_.id = kTestClusterId;
    cluster_.spec = test_spec();
  }

  bool update(int second) {
    return update_conditions(cluster_,
                             {.servers = servers_,
                              .servers_seen = servers_seen_,
                              .kubernetes = sweep_ ? &*sweep_ : nullptr,
                              .repair_note = {}},
                             at_second(second));
  }
  const ConditionView& condition(std::string_view type) const {
    for (const ConditionView& one : cluster_.conditions) {
      if (one.type == type) return one;
    }
    static const ConditionView none;
    ADD_FAILURE() << "no condition " << type;
    return none;
  }

  void make_everything() {
    cluster_.resources = whole_journal();
    for (const NodeSpec& node : cluster_.spec.nodes) {
      servers_[cluster_.resources.at({ResourceKind::Server, node.slot})] = {"ACTIVE", {}};
    }
    servers_seen_ = at_second(5);
    sweep_.emplace();
    sweep_->health.ready = true;
    sweep_->seen = at_second(6);
    for (const NodeSpec& node : cluster_.spec.nodes) set_ready(node, "True", "");
  }
  void set_ready(const NodeSpec& spec, std::string status, std::string message) {
    kubernetes::Node node;
    node.name = node_name(cluster_.spec, cluster_.id, spec);
    node.conditions = {{.type = "Ready",
                        .status = std::move(status),
                        .reason = "KubeletNotReady",
                        .message = std::move(message),
                        .last_transition = {}}};
    sweep_->nodes[node.name] = node;
  }

  ClusterRecord cluster_;
  std::map<std::string, ObservedServer> servers_;
  std::optional<base::WallTime> servers_seen_;
  std::optional<KubernetesSweep> sweep_;
};

TEST_F(ConditionsTest, OfAClusterThatWasNotObservedYet) {
  EXPECT_TRUE(update(1));
  EXPECT_EQ(condition(kInfrastructureReady).status, "False");
  EXPECT_THAT(condition(kInfrastructureReady).reason.message, HasSubstr("network is not there"));
  EXPECT_EQ(condition(kServersActive).status, "Unknown");
  EXPECT_EQ(condition(kApiServerReady).status, "Unknown");
  EXPECT_EQ(condition(kNodesReady).status, "Unknown");
  EXPECT_EQ(condition(kReady).status, "False");
  EXPECT_EQ(condition(kReady).reason.code, "ResourceMissing");
}

TEST_F(ConditionsTest, AllAreTrueWhenAllIsThere) {
  make_everything();
  update(7);
  for (const ConditionView& one : cluster_.conditions) {
    EXPECT_EQ(one.status, "True") << one.type;
    EXPECT_TRUE(one.reason.empty()) << one.reason.message;
  }
}

TEST_F(ConditionsTest, KeepTheTimeOfTheirLastTransition) {
  make_everything();
  EXPECT_TRUE(update(7));
  EXPECT_FALSE(update(8)) << "nothing has changed";
  EXPECT_EQ(condition(kReady).since, at_second(7));
  EXPECT_EQ(condition(kReady).observed_at, at_second(8));
  set_ready(cluster_.spec.nodes[2], "False", "container runtime is down");
  EXPECT_TRUE(update(9));
  EXPECT_EQ(condition(kReady).since, at_second(9));
  EXPECT_EQ(condition(kApiServerReady).status, "True");
}

TEST_F(ConditionsTest, NameTheNodeThatIsNotReadyInItsOwnWords) {
  make_everything();
  set_ready(cluster_.spec.nodes[1], "False", "container runtime is down");
  sweep_->nodes.erase(node_name(cluster_.spec, cluster_.id, cluster_.spec.nodes[2]));
  update(7);
  EXPECT_EQ(condition(kNodesReady).status, "False");
  EXPECT_EQ(condition(kNodesReady).reason.message,
            "worker-1 is not Ready: container runtime is down; worker-2 has not joined");
  EXPECT_EQ(condition(kReady).reason.message, condition(kNodesReady).reason.message);
}

// That the API server is silent says nothing of the nodes: they may well work.
TEST_F(ConditionsTest, NodesAreUnknownWhileTheApiServerIsSilent) {
  make_everything();
  sweep_->status = absl::UnavailableError("no route to host");
  update(7);
  EXPECT_EQ(condition(kApiServerReady).status, "False");
  EXPECT_THAT(condition(kApiServerReady).reason.message, HasSubstr("no route to host"));
  EXPECT_EQ(condition(kNodesReady).status, "Unknown");
  EXPECT_EQ(condition(kReady).status, "False");
}

TEST_F(ConditionsTest, ShowNovasFault) {
  make_everything();
  servers_[cluster_.resources.at({ResourceKind::Server, "worker-1"})] = {"ERROR", "No valid host"};
  update(7);
  EXPECT_EQ(condition(kServersActive).reason.message, "server worker-1 is ERROR: No valid host");
}

TEST_F(ConditionsTest, OfAnUnmanagedClusterEndWithItsServers) {
  make_everything();
  cluster_.spec.flavor.kubernetes.image_style = ImageStyle::Unmanaged;
  sweep_.reset();
  update(7);
  EXPECT_EQ(condition(kReady).status, "True");
  for (const ConditionView& one : cluster_.conditions) {
    EXPECT_NE(one.type, kApiServerReady);
    EXPECT_NE(one.type, kNodesReady);
  }
}

}  // namespace
}  // namespace mex::cluster
