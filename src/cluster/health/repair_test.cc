#include "cluster/health/repair.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cluster/flavor/test_time.h"
#include "cluster/plan/plan_fixture.h"
#include "cluster/steps/node_bootstrap.h"

namespace mex::cluster {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::chrono::seconds kVanished{30};

class RepairTest : public testing::Test {
 protected:
  RepairTest() {
    cluster_.id = kTestClusterId;
    cluster_.spec = test_spec();
    cluster_.spec.flavor.health_policy.nodes_ready_deadline = std::chrono::minutes(5);
    cluster_.resources = whole_journal();
    for (int i = 3; i <= 6; ++i) {
      NodeSpec node = cluster_.spec.nodes.back();
      node.slot = fmt::format("worker-{}", i);
      cluster_.resources[{ResourceKind::Server, node.slot}] = "id of server " + node.slot;
      cluster_.spec.nodes.push_back(node);
    }
    for (const NodeSpec& node : cluster_.spec.nodes) {
      servers_["id of server " + node.slot] = {"ACTIVE", {}};
      set_ready(node.slot, true);
    }
    sweep_.health.ready = true;
  }

  void set_ready(const std::string& slot, bool ready, base::WallTime last_transition = {}) {
    NodeSpec spec;
    spec.slot = slot;
    kubernetes::Node node;
    node.name = node_name(cluster_.spec, cluster_.id, spec);
    node.conditions.push_back({.type = "Ready",
                               .status = ready ? "True" : "Unknown",
                               .reason = {},
                               .message = {},
                               .last_transition = last_transition});
    sweep_.nodes[node.name] = node;
  }
  RepairDecision decide(int second) {
    return keep(decide_repair(cluster_,
                              {.servers = servers_,
                               .servers_seen = at_second(1),
                               .kubernetes = &sweep_,
                               .repair_note = {}},
                              kVanished, at_second(second)));
  }
  // Another process, which has only the record yet.
  RepairDecision decide_after_start(int second) {
    const std::map<std::string, ObservedServer> none;
    return keep(decide_repair(
        cluster_,
        {.servers = none, .servers_seen = std::nullopt, .kubernetes = nullptr, .repair_note = {}},
        kVanished, at_second(second)));
  }
  RepairDecision keep(RepairDecision decision) {
    cluster_.unhealthy_since = decision.unhealthy_since;
    return decision;
  }

  ClusterRecord cluster_;
  std::map<std::string, ObservedServer> servers_;
  KubernetesSweep sweep_;
};

TEST_F(RepairTest, NothingIsDoneWhileAllIsWell) {
  EXPECT_THAT(decide(10).slots, IsEmpty());
  EXPECT_EQ(decide(10).suppressed_reason, "");
}

TEST_F(RepairTest, ANodeHasItsTimeToComeBack) {
  set_ready("worker-2", false);
  EXPECT_THAT(decide(10).slots, IsEmpty());
  EXPECT_THAT(decide(10 + 299).slots, IsEmpty());
  EXPECT_THAT(decide(10 + 300).slots, ElementsAre("worker-2"));
}

TEST_F(RepairTest, ANodeThatCameBackStartsAnew) {
  set_ready("worker-2", false);
  decide(10);
  set_ready("worker-2", true);
  decide(100);
  set_ready("worker-2", false);
  EXPECT_THAT(decide(320).slots, IsEmpty());
}

// The symptom: a worker that is lost for good stays, because its deadline began anew with every
// start of the agent.
TEST_F(RepairTest, AnAgentThatStartsAgainAndAgainStillRepairs) {
  set_ready("worker-2", false);
  servers_.erase("id of server worker-3");
  for (int second = 10; second < 40; second += 10) {
    EXPECT_THAT(decide_after_start(second - 1).slots, IsEmpty());
    EXPECT_THAT(decide(second).slots, IsEmpty());
  }
  decide_after_start(39);
  EXPECT_THAT(decide(40).slots, ElementsAre("worker-3"));
  servers_["id of server worker-3"] = {"ACTIVE", {}};
  for (int second = 50; second < 310; second += 10) {
    EXPECT_THAT(decide_after_start(second - 1).slots, IsEmpty());
    EXPECT_THAT(decide(second).slots, IsEmpty());
  }
  decide_after_start(309);
  EXPECT_THAT(decide(310).slots, ElementsAre("worker-2"));
}

TEST_F(RepairTest, ANodeThatCameBackBetweenTwoObservationsStartsAnew) {
  set_ready("worker-2", false, at_second(5));
  decide(10);
  decide_after_start(400);
  set_ready("worker-2", false, at_second(390));
  EXPECT_THAT(decide(401).slots, IsEmpty());
  EXPECT_THAT(decide(689).slots, IsEmpty());
  EXPECT_THAT(decide(690).slots, ElementsAre("worker-2"));
}

TEST_F(RepairTest, AClockThatIsWrongHastensNothing) {
  set_ready("worker-1", false, at_second(-10'000));
  set_ready("worker-2", false, at_second(10'000));
  decide(10);
  EXPECT_THAT(decide(309).slots, IsEmpty());
  EXPECT_THAT(decide(310).slots, ElementsAre("worker-1", "worker-2"));
}

TEST_F(RepairTest, AServerInErrorIsReplacedAtOnceAndOneThatIsGoneSoon) {
  servers_["id of server worker-1"] = {"ERROR", "disk"};
  servers_.erase("id of server worker-3");
  EXPECT_THAT(decide(10).slots, ElementsAre("worker-1"));
  EXPECT_THAT(decide(41).slots, ElementsAre("worker-1", "worker-3"));
}

TEST_F(RepairTest, MastersAreNeverReplaced) {
  servers_["id of server master-1"] = {"ERROR", "disk"};
  set_ready("master-1", false);
  decide(10);
  EXPECT_THAT(decide(10'000).slots, IsEmpty());
}

// The symptom of a cut cable between the racks.
TEST_F(RepairTest, ANetworkCutDoesNotEmptyTheCluster) {
  for (const char* slot : {"worker-1", "worker-2", "worker-3", "worker-4"}) set_ready(slot, false);
  decide(10);
  const RepairDecision decision = decide(1'000);
  EXPECT_THAT(decision.slots, IsEmpty());
  EXPECT_THAT(decision.suppressed_reason, HasSubstr("4 of 6 workers are not Ready"));
}

TEST_F(RepairTest, ASilentApiServerSaysNothingOfTheNodes) {
  set_ready("worker-1", false);
  decide(10);
  sweep_.status = absl::UnavailableError("timeout");
  EXPECT_THAT(decide(1'000).slots, IsEmpty());
  sweep_.status = absl::OkStatus();
  EXPECT_THAT(decide(1'001).slots, ElementsAre("worker-1"));
}

TEST_F(RepairTest, TheBudgetIsThatOfOneHour) {
  for (const char* slot : {"worker-1", "worker-2", "worker-3"}) {
    servers_[std::string("id of server ") + slot] = {"ERROR", "disk"};
  }
  const RepairDecision first = decide(10);
  EXPECT_THAT(first.slots, SizeIs(2));
  EXPECT_THAT(first.suppressed_reason, HasSubstr("repair_budget"));
  cluster_.repairs = {at_second(10), at_second(10)};
  EXPECT_THAT(decide(3'000).slots, IsEmpty());
  EXPECT_THAT(decide(3'000).suppressed_reason, HasSubstr("2 workers have been replaced"));
  EXPECT_THAT(decide(3'610).slots, SizeIs(2));
}

TEST_F(RepairTest, OfTheOnlyTwoWorkersOneIsReplaced) {
  cluster_.spec.nodes.resize(3);
  set_ready("worker-2", false);
  decide(10);
  EXPECT_THAT(decide(400).slots, ElementsAre("worker-2"));
}

}  // namespace
}  // namespace mex::cluster
