// What a repair does with what an audit has found.
#include <gtest/gtest.h>

#include "cluster/engine/operation_fixture.h"
#include "cluster/plan/restoration.h"

namespace mex::cluster {
namespace {

class OperationAuditTest : public OperationTest {
 protected:
  OperationAuditTest() {
    use_managed();
    begin_create();
    run();
    cloud_.calls.clear();
  }
  std::string name(const ResourceKey& key) { return resource_name("test-1", kTestClusterId, key); }
  void repair_found(const std::vector<Restoration>& restorations,
                    const std::vector<NodeSpec>& nodes = {}) {
    change(OperationKind::Repair, restored(cluster(), restorations, nodes));
    run();
  }
};

// The symptom: the answer to POST /routers is lost, it takes effect a minute later, and the cluster
// has two routers for good.
TEST_F(OperationAuditTest, ASecondRouterIsRemoved) {
  cloud_.put(ResourceKind::Router, name({ResourceKind::Router, {}}));
  cloud_.put(ResourceKind::Network, name({ResourceKind::Network, {}}));
  cloud_.put(ResourceKind::Port, name({ResourceKind::Port, "worker-1"}));
  repair_found({});
  expect_whole();
  EXPECT_EQ(operation().audit.removed.size(), 3U);
}

TEST_F(OperationAuditTest, ASecondOneWithoutTheMarkStays) {
  cloud_.put(ResourceKind::Router, name({ResourceKind::Router, {}}), false);
  repair_found({});
  EXPECT_EQ(operation().state, OperationState::Done);
  EXPECT_EQ(cloud_.count(ResourceKind::Router), 2U);
}

// The symptom: Nova has the server of a Ready node in ERROR, and a second one of its name turns up.
TEST_F(OperationAuditTest, TheJournaledServerStaysWhateverNovaSaysOfIt) {
  const std::string id = cluster().resources.at({ResourceKind::Server, "worker-1"});
  cloud_.resources[id].is_broken = true;
  cloud_.put(ResourceKind::Server, name({ResourceKind::Server, "worker-1"}));
  repair_found({});
  EXPECT_EQ(operation().state, OperationState::Done);
  EXPECT_EQ(cloud_.resources.count(id), 1U);
  EXPECT_EQ(cloud_.count(ResourceKind::Server), 3U);
}

TEST_F(OperationAuditTest, AServerOfANodeThatNobodyWantsIsDrainedAndRemoved) {
  const ResourceKey server{ResourceKind::Server, "worker-3"};
  cloud_.put(ResourceKind::Server, name(server));
  cloud_.put(ResourceKind::Port, name({ResourceKind::Port, "worker-3"}));
  const auto node = node_not_wanted(cluster(), {server.kind, "x", name(server), "", true});
  ASSERT_TRUE(node);
  repair_found({}, {*node});
  expect_whole();
  EXPECT_EQ(cloud_.calls_of("drain"), 1);
}

TEST_F(OperationAuditTest, WhatWasChangedIsSetAgainOnce) {
  repair_found(
      {Restoration::Rules, Restoration::RouterInterface, Restoration::Ports, Restoration::Tags});
  expect_whole();
  EXPECT_EQ(cloud_.calls_of("rules"), 1);
  EXPECT_EQ(cloud_.calls_of("router interface"), 1);
  EXPECT_EQ(cloud_.calls_of("port filters"), 1);
  EXPECT_EQ(cloud_.calls_of("tags server worker-2"), 1);
  EXPECT_EQ(cloud_.calls_of("server worker-1"), 0);
  cloud_.calls.clear();
  change(OperationKind::Repair, cluster());
  run();
  EXPECT_EQ(cloud_.calls_of("rules"), 0) << "the next repair has nothing to do with it";
}

TEST_F(OperationAuditTest, ARestorationThatIsRefusedLeavesTheClusterAsItWas) {
  cloud_.script("rules", {Fate::Refused});
  repair_found({Restoration::Rules});
  EXPECT_EQ(operation().state, OperationState::Failed);
  EXPECT_EQ(cluster().phase, ClusterPhase::Active);
  EXPECT_FALSE(has_open_change(cluster()));
}

}  // namespace
}  // namespace mex::cluster
