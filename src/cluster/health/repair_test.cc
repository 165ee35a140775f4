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
      servers_["id of server " + node.slot] = {.status = "ACTIVE"};
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
  // What is decided then, by a process that has decided before.
  RepairDecision decide(int second) {
    return keep(decide_repair(cluster_, observation(), context(second)), second);
  }
  // Another process, which has only the record yet.
  RepairDecision decide_after_start(int second) {
    const std::map<std::string, ObservedServer> none;
    return keep(decide_repair(cluster_, {.servers = none}, context(second)), second);
  }
  Observation observation() const {
    return {.servers = servers_, .kubernetes = &sweep_, .is_kubernetes_old = is_sweep_old_};
  }
  RepairContext context(int second) const {
    return {.elapsed = std::chrono::seconds(second - last_decision_.value_or(second)),
            .vanished = kVanished,
            .fleet_problem = fleet_problem_,
            .now = at_second(second)};
  }
  RepairDecision keep(RepairDecision decision, int second) {
    cluster_.unhealthy = decision.unhealthy;
    last_decision_ = second;
    return decision;
  }
  ObservedServer& server(const std::string& slot) { return servers_["id of server " + slot]; }
  void lose_server(const std::string& slot) {
    server(slot) = {.status = "", .is_deleted = true};
    set_ready(slot, false);
  }
  void break_server(const std::string& slot) {
    server(slot) = {.status = "ERROR", .fault = "disk"};
    set_ready(slot, false);
  }

  ClusterRecord cluster_;
  std::map<std::string, ObservedServer> servers_;
  KubernetesSweep sweep_;
  bool is_sweep_old_ = false;
  std::string fleet_problem_;
  std::optional<int> last_decision_;
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
  lose_server("worker-3");
  for (int second = 10; second < 40; second += 10) {
    EXPECT_THAT(decide_after_start(second - 1).slots, IsEmpty());
    EXPECT_THAT(decide(second).slots, IsEmpty());
    EXPECT_THAT(decide(second + 8).slots, IsEmpty());
  }
  // Each process has seen the fault for 8 seconds.
  EXPECT_THAT(decide_after_start(49).slots, IsEmpty());
  decide(50);
  EXPECT_THAT(decide(58).slots, ElementsAre("worker-3"));
}

TEST_F(RepairTest, ANodeThatCameBackBetweenTwoObservationsStartsAnew) {
  set_ready("worker-2", false, at_second(5));
  decide(10);
  set_ready("worker-2", false, at_second(390));
  EXPECT_THAT(decide(401).slots, IsEmpty());
  EXPECT_THAT(decide(700).slots, IsEmpty());
  EXPECT_THAT(decide(701).slots, ElementsAre("worker-2"));
}

TEST_F(RepairTest, AClockThatIsWrongHastensNothing) {
  set_ready("worker-1", false, at_second(-10'000));
  set_ready("worker-2", false, at_second(10'000));
  decide(10);
  EXPECT_THAT(decide(309).slots, IsEmpty());
  EXPECT_THAT(decide(310).slots, ElementsAre("worker-1", "worker-2"));
}

TEST_F(RepairTest, AServerInErrorOrGoneIsReplacedWhenThatWasSeenTwice) {
  break_server("worker-1");
  lose_server("worker-3");
  EXPECT_THAT(decide(10).slots, IsEmpty());
  EXPECT_THAT(decide(39).slots, IsEmpty());
  EXPECT_THAT(decide(40).slots, ElementsAre("worker-1", "worker-3"));
}

// The symptom: Nova answers the list of servers with an empty 200 and each GET with 500, and both
// workers of a healthy cluster are deleted.
TEST_F(RepairTest, AServerThatCouldNotBeSeenIsNoFault) {
  servers_.clear();
  for (int second = 10; second < 4'000; second += 30) {
    EXPECT_THAT(decide(second).slots, IsEmpty());
  }
  EXPECT_THAT(cluster_.unhealthy, IsEmpty());
}

TEST_F(RepairTest, WhatIsOldOrInACellThatIsDownIsNoFault) {
  server("worker-1") = {.status = "ERROR", .is_old = true};
  server("worker-2") = {.status = "UNKNOWN"};
  for (int second = 10; second < 4'000; second += 30) {
    EXPECT_THAT(decide(second).slots, IsEmpty());
  }
}

// A node that says it is Ready has a machine, whatever Nova says.
TEST_F(RepairTest, AReadyNodeIsNotReplacedBecauseNovaLostItsServer) {
  server("worker-1") = {.status = "", .is_deleted = true};
  decide(10);
  EXPECT_THAT(decide(4'000).slots, IsEmpty());
}

// Its node goes on after a failed migration or resize: it is drained first, which the plan does.
TEST_F(RepairTest, AServerInErrorWithAReadyNodeIsReplaced) {
  server("worker-1") = {.status = "ERROR", .fault = "resize failed"};
  decide(10);
  EXPECT_THAT(decide(40).slots, ElementsAre("worker-1"));
}

// The symptom: a worker's tags and description are taken off by hand, and its server is deleted.
TEST_F(RepairTest, AServerWithoutTheMarkIsLeftAlone) {
  break_server("worker-1");
  server("worker-1").is_marked = false;
  decide(10);
  const RepairDecision decision = decide(4'000);
  EXPECT_THAT(decision.slots, IsEmpty());
  EXPECT_THAT(decision.suppressed_reason, HasSubstr("worker-1: the agent's mark"));
}

TEST_F(RepairTest, AFleetFullOfFaultsIsNotRepaired) {
  break_server("worker-1");
  fleet_problem_ = "9 of the 20 nodes of all clusters are faulty at once";
  decide(10);
  EXPECT_THAT(decide(4'000).slots, IsEmpty());
  EXPECT_EQ(decide(4'000).suppressed_reason, fleet_problem_);
}

TEST_F(RepairTest, AWallClockThatJumpsAnHourHastensNothing) {
  set_ready("worker-2", false);
  decide(10);
  RepairContext jumped = context(40);
  jumped.now += std::chrono::hours(1);
  EXPECT_THAT(decide_repair(cluster_, observation(), jumped).slots, IsEmpty());
}

TEST_F(RepairTest, MastersAreNeverReplaced) {
  break_server("master-1");
  decide(10);
  EXPECT_THAT(decide(10'000).slots, IsEmpty());
}

// The symptom of a cut cable between the racks, and of a cloud that has lost its mind.
TEST_F(RepairTest, ManyFaultsAtOnceDoNotEmptyTheCluster) {
  for (const char* slot : {"worker-1", "worker-2"}) set_ready(slot, false);
  break_server("worker-3");
  lose_server("worker-4");
  decide(10);
  const RepairDecision decision = decide(1'000);
  EXPECT_THAT(decision.slots, IsEmpty());
  EXPECT_THAT(decision.suppressed_reason, HasSubstr("4 of 6 workers are faulty at once"));
}

TEST_F(RepairTest, ASilentApiServerSaysNothingOfTheNodes) {
  set_ready("worker-1", false);
  decide(10);
  sweep_.status = absl::UnavailableError("timeout");
  EXPECT_THAT(decide(1'000).slots, IsEmpty());
  sweep_.status = absl::OkStatus();
  EXPECT_THAT(decide(1'001).slots, IsEmpty()) << "time in which no one could look does not count";
  EXPECT_THAT(decide(1'300).slots, ElementsAre("worker-1"));
}

TEST_F(RepairTest, TheBudgetIsThatOfOneHour) {
  for (const char* slot : {"worker-1", "worker-2", "worker-3"}) {
    break_server(slot);
  }
  decide(-20);
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
