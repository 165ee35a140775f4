#include "cluster/engine/repair_advisor.h"

#include <gtest/gtest.h>

#include <chrono>

#include "cluster/observation/virtual_time.h"
#include "cluster/plan/plan_fixture.h"

namespace mex::cluster {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

class RepairAdvisorTest : public testing::Test {
 protected:
  RepairAdvisorTest() {
    cluster_.id = kTestClusterId;
    cluster_.spec = test_spec();
  }

  std::optional<RepairAdvisor::Proposal> propose() {
    bool is_changed = false;
    return advisor_.propose(cluster_, observed_, "", is_changed);
  }
  void let_pass(std::chrono::milliseconds time) {
    time_.call_after(time, [] {});
    time_.run_next();
  }

  const Timing timing_{};
  VirtualTime time_;
  ClusterObservations observed_{timing_, time_, 0};
  RepairAdvisor advisor_{timing_, time_};
  ClusterRecord cluster_;
};

TEST_F(RepairAdvisorTest, AClusterOfWhichNothingIsKnownIsLeftAlone) {
  EXPECT_FALSE(propose());
  let_pass(hours(10));
  EXPECT_FALSE(propose());
}

TEST_F(RepairAdvisorTest, WhatAFailedChangeLeftIsCompletedThoughNothingIsRepaired) {
  cluster_.spec.flavor.health_policy.auto_repair = false;
  cluster_.leaving = {cluster_.spec.nodes.back()};
  const auto proposal = propose();
  ASSERT_TRUE(proposal);
  EXPECT_EQ(proposal->subject, "what a change that failed has left");
  EXPECT_EQ(proposal->cluster.leaving, cluster_.leaving);
}

TEST_F(RepairAdvisorTest, WhatGoesOnFailingIsTriedEverMoreSeldom) {
  cluster_.leaving = {cluster_.spec.nodes.back()};
  EXPECT_TRUE(propose());
  EXPECT_FALSE(propose());
  int attempts = 1;
  for (int second = 0; second < 24 * 3600; second += 30) {
    let_pass(seconds(30));
    if (propose()) ++attempts;
  }
  EXPECT_GE(attempts, 24);
  EXPECT_LE(attempts, 40);
  cluster_.leaving.clear();
  EXPECT_FALSE(propose());
  cluster_.leaving = {cluster_.spec.nodes.back()};
  EXPECT_TRUE(propose()) << "another change begins anew";
}

TEST_F(RepairAdvisorTest, AWallClockThatIsSetNeitherOpensNorClosesTheBudget) {
  cluster_.repairs = {time_.wall_now()};
  let_pass(seconds(10));
  propose();
  for (const hours jump : {hours(1), hours(-2)}) {
    time_.shift_wall_clock(jump);
    let_pass(seconds(10));
    bool is_changed = false;
    advisor_.propose(cluster_, observed_, "", is_changed);
    EXPECT_TRUE(is_changed);
  }
  EXPECT_EQ(time_.wall_now() - cluster_.repairs.front(), seconds(30));
}

}  // namespace
}  // namespace mex::cluster
