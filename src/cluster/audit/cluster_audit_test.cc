#include "cluster/audit/cluster_audit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "cluster/health/conditions.h"
#include "cluster/observation/virtual_time.h"
#include "cluster/plan/change.h"
#include "cluster/records/inventory_fixture.h"

namespace mex::cluster {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const ResourceKey kRouter{ResourceKind::Router, {}};

class ClusterAuditTest : public testing::Test {
 protected:
  ClusterAuditTest() { cluster_.spec.flavor.health_policy.auto_repair = true; }

  void look(const Deviations& deviations) {
    audit_.begin("operation-1");
    audit_.keep(deviations, "operation-1");
    let_pass(timing_.audit_tick);
  }
  void let_pass(std::chrono::milliseconds time) {
    time_.call_after(time, [] {});
    time_.run_next();
  }
  std::string condition() {
    audit_.update_condition(cluster_.conditions);
    for (const ConditionView& each : cluster_.conditions) {
      if (each.type == kInSync) return each.status + " " + each.reason.code;
    }
    return "none";
  }
  static Deviations drift(Restoration restoration) {
    return {.duplicates = {}, .unwanted = {}, .drift = {{kRouter, "router: changed", restoration}}};
  }
  static Deviations duplicate() {
    return {.duplicates = {seen_at(kRouter, "second")}, .unwanted = {}, .drift = {}};
  }

  Timing timing_;
  VirtualTime time_;
  ClusterRecord cluster_ = whole_record();
  ClusterAudit audit_{timing_, time_};
};

TEST_F(ClusterAuditTest, SaysNothingBeforeTheFirstLook) { EXPECT_EQ(condition(), "none"); }

TEST_F(ClusterAuditTest, AFindingIsBelievedAtTheSecondLook) {
  look({});
  EXPECT_EQ(condition(), "True ");
  look(duplicate());
  EXPECT_EQ(condition(), "True ");
  EXPECT_TRUE(audit_.wants_second_look());
  EXPECT_FALSE(audit_.propose(cluster_));
  look(duplicate());
  EXPECT_EQ(condition(), "False Drifted");
  EXPECT_FALSE(audit_.wants_second_look());
  EXPECT_THAT(audit_.text(), HasSubstr("second"));
  const auto proposal = audit_.propose(cluster_);
  ASSERT_TRUE(proposal);
  EXPECT_EQ(proposal->subject, "what an audit found: 1 that are there twice");
  look({});
  EXPECT_EQ(condition(), "True ");
}

// The symptom: a list of before a scale-down shows nodes that are gone, once.
TEST_F(ClusterAuditTest, AnOldListFindsNothing) {
  look({});
  look(duplicate());
  look({});
  look(duplicate());
  EXPECT_EQ(audit_.text(), "");
  EXPECT_FALSE(audit_.propose(cluster_));
}

TEST_F(ClusterAuditTest, LooksBeforeAndAfterAnOperationAreNotCompared) {
  look(duplicate());
  audit_.begin("operation-1");
  audit_.keep(duplicate(), "operation-2");
  EXPECT_EQ(audit_.text(), "");
  audit_.begin("operation-2");
  audit_.keep(duplicate(), "operation-2");
  EXPECT_EQ(audit_.text(), "");
  EXPECT_TRUE(audit_.wants_second_look());
}

TEST_F(ClusterAuditTest, DriftIsRestoredWhereTheFlavorSaysSo) {
  look(drift(Restoration::Rules));
  look(drift(Restoration::Rules));
  const auto proposal = audit_.propose(cluster_);
  ASSERT_TRUE(proposal);
  EXPECT_THAT(proposal->cluster.restoring, ElementsAre(Restoration::Rules));
  EXPECT_EQ(proposal->subject, "what an audit found: 1 that were changed");
}

TEST_F(ClusterAuditTest, WithoutAutoRepairDriftIsOnlyShown) {
  cluster_.spec.flavor.health_policy.auto_repair = false;
  look(drift(Restoration::Rules));
  look(drift(Restoration::Rules));
  EXPECT_FALSE(audit_.propose(cluster_));
  EXPECT_EQ(condition(), "False Drifted");
}

TEST_F(ClusterAuditTest, ANodeThatIsNotWantedLeaves) {
  Deviations deviations;
  deviations.unwanted = {seen_at({ResourceKind::Port, "worker-3"}, "late")};
  look(deviations);
  look(deviations);
  const auto proposal = audit_.propose(cluster_);
  ASSERT_TRUE(proposal);
  ASSERT_EQ(proposal->cluster.leaving.size(), 1U);
  EXPECT_EQ(proposal->cluster.leaving[0].slot, "worker-3");
}

TEST_F(ClusterAuditTest, WhatGoesOnFailingIsTriedEverMoreSeldom) {
  int attempts = 0;
  for (int i = 0; i < 6 * 24; ++i) {  // a day
    look(drift(Restoration::Rules));
    attempts += audit_.propose(cluster_) ? 1 : 0;
  }
  EXPECT_GE(attempts, 4);
  EXPECT_LE(attempts, 12);
  look({});
  look(drift(Restoration::Rules));
  look(drift(Restoration::Rules));
  EXPECT_TRUE(audit_.propose(cluster_)) << "it was in order meanwhile";
}

TEST_F(ClusterAuditTest, WhatWasNotComparedForThreeTicksIsUnknown) {
  look({});
  EXPECT_EQ(condition(), "True ");
  let_pass(3 * timing_.audit_tick);
  EXPECT_EQ(condition(), "Unknown NotSeen");
  look({});
  EXPECT_EQ(condition(), "True ");
}

}  // namespace
}  // namespace mex::cluster
