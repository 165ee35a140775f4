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
                              .is_listed = !servers_.empty(),
                              .servers_problem = servers_problem_,
                              .kubernetes = sweep_ ? &*sweep_ : nullptr,
                              .is_kubernetes_old = is_sweep_old_,
                              .next_kubernetes = next_sweep_,
                              .repair_note = repair_note_},
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

  std::string server_of(const std::string& slot) const {
    return cluster_.resources.at({ResourceKind::Server, slot});
  }

  void make_everything() {
    cluster_.resources = whole_journal();
    for (const NodeSpec& node : cluster_.spec.nodes) {
      servers_[server_of(node.slot)] = {.status = "ACTIVE", .seen = at_second(5)};
    }
    sweep_.emplace();
    sweep_->health.ready = true;
    sweep_->seen = at_second(6);
    for (const NodeSpec& node : cluster_.spec.nodes) set_ready(node, "True", "");
  }
  void set_ready(const NodeSpec& spec, std::string status, std::string message) {
    kubernetes::Node node;
    node.name = node_name(cluster_.spec, cluster_.id, spec);
    node.certificates.lives = {
        {.name = "kubelet-client", .begin = at_second(0), .end = at_second(31'536'000)}};
    node.conditions = {{.type = "Ready",
                        .status = std::move(status),
                        .reason = "KubeletNotReady",
                        .message = std::move(message),
                        .last_transition = {}}};
    sweep_->nodes[node.name] = node;
  }

  ClusterRecord cluster_;
  std::map<std::string, ObservedServer> servers_;
  std::string servers_problem_;
  bool is_sweep_old_ = false;
  std::optional<base::WallTime> next_sweep_;
  std::string repair_note_;
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
    const bool says_more = one.type == kCertificatesValid;  // which ends first
    EXPECT_EQ(one.reason.code, says_more ? "InTime" : "") << one.reason.message;
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
  servers_[server_of("worker-1")] = {.status = "ERROR", .fault = "No valid host"};
  update(7);
  EXPECT_EQ(condition(kServersActive).reason.message, "server worker-1 is ERROR: No valid host");
}

// The symptom: a cluster is shown Ready although no one has looked at its servers for an hour.
TEST_F(ConditionsTest, WhatWasNotSeenForLongIsUnknownSinceThen) {
  make_everything();
  update(7);
  servers_[server_of("worker-1")].is_old = true;
  servers_[server_of("worker-1")].seen = at_second(2);
  servers_problem_ = "no connection";
  is_sweep_old_ = true;
  update(4'000);
  const ConditionView& servers = condition(kServersActive);
  EXPECT_EQ(servers.status, "Unknown");
  EXPECT_EQ(servers.reason.code, "NotSeen");
  EXPECT_EQ(servers.observed_at, at_second(2));
  EXPECT_EQ(servers.reason.message, "server worker-1 was last seen at " +
                                        base::format_rfc3339(at_second(2)) + ": no connection");
  EXPECT_EQ(condition(kApiServerReady).status, "Unknown");
  EXPECT_EQ(condition(kNodesReady).status, "Unknown");
  EXPECT_THAT(condition(kNodesReady).reason.message, HasSubstr("was last asked at"));
  EXPECT_EQ(condition(kReady).status, "Unknown");
}

TEST_F(ConditionsTest, AnApiServerThatDoesNotAnswerSaysWhenItIsAskedAgain) {
  make_everything();
  sweep_->status = absl::DeadlineExceededError("no answer before the deadline");
  next_sweep_ = at_second(86);
  update(7);
  const ConditionView& api_server = condition(kApiServerReady);
  EXPECT_EQ(api_server.status, "False");
  EXPECT_EQ(api_server.observed_at, at_second(6));
  EXPECT_THAT(api_server.reason.message, HasSubstr("does not answer: no answer before"));
  EXPECT_EQ(api_server.reason.next, "it is asked again at " + base::format_rfc3339(at_second(86)));
  next_sweep_.reset();
  update(8);
  EXPECT_EQ(condition(kApiServerReady).reason.next, "");
}

TEST_F(ConditionsTest, AFaultThatIsSeenCountsMoreThanWhatIsNotKnown) {
  make_everything();
  servers_.erase(server_of("worker-1"));
  servers_[server_of("worker-2")] = {.status = "", .is_deleted = true, .seen = at_second(5)};
  update(7);
  EXPECT_EQ(condition(kServersActive).status, "False");
  EXPECT_EQ(condition(kServersActive).reason.message, "server worker-2 is not there");
}

// What Nova answers while the cell of a server is down.
TEST_F(ConditionsTest, AServerWhoseStateNovaDoesNotKnowIsNotKnown) {
  make_everything();
  servers_[server_of("worker-2")].status = "UNKNOWN";
  update(7);
  EXPECT_EQ(condition(kServersActive).status, "Unknown");
}

TEST_F(ConditionsTest, SayThatNothingIsRepairedAndWhenThatIsOver) {
  make_everything();
  update(7);
  for (const ConditionView& one : cluster_.conditions) EXPECT_NE(one.type, kRepairAllowed);
  repair_note_ = "4 of 6 workers are faulty at once";
  update(8);
  EXPECT_EQ(condition(kRepairAllowed).status, "False");
  EXPECT_EQ(condition(kRepairAllowed).reason.message, repair_note_);
  repair_note_.clear();
  update(9);
  EXPECT_EQ(condition(kRepairAllowed).status, "True");
  EXPECT_EQ(condition(kReady).status, "True");
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

TEST_F(ConditionsTest, ACertificateThatHasEndedIsWhyAClusterIsNotReady) {
  make_everything();
  EXPECT_TRUE(update(10));
  EXPECT_EQ(condition(kCertificatesValid).status, "True");
  EXPECT_EQ(condition(kReady).status, "True");
  sweep_->nodes.begin()->second.certificates.lives = {
      {.name = "etcd/server", .begin = at_second(1), .end = at_second(11)}};
  EXPECT_TRUE(update(11));
  EXPECT_EQ(condition(kCertificatesValid).status, "False");
  EXPECT_EQ(condition(kReady).status, "False");
  EXPECT_EQ(condition(kReady).reason.code, "CertificateEnded");
}

}  // namespace
}  // namespace mex::cluster
