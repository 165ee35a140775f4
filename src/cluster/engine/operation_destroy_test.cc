#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "cluster/engine/operation_fixture.h"

// How clusters end: cancellation of what runs, and what is removed and what is not.
namespace mex::cluster {
namespace {

using testing::Contains;
using testing::HasSubstr;

class CancelledCreate : public OperationTest, public testing::WithParamInterface<const char*> {};

TEST_P(CancelledCreate, LaunchesNothingMoreAndLeavesNothing) {
  use_managed();
  begin_create();
  run_until_moment(GetParam());
  destroy();
  EXPECT_EQ(stored_cluster()->phase, ClusterPhase::Destroying);
  const auto begun = cloud_.calls.size();
  run_until([this] { return is_destroyed_; });
  expect_destroyed();
  const auto created = stored_operation("create-1");
  EXPECT_EQ(created->state, OperationState::Cancelled);
  EXPECT_EQ(created->reason.code, "Cancelled");
  for (auto i = begun; i < cloud_.calls.size(); ++i) {
    const std::string& call = cloud_.calls[i];
    EXPECT_TRUE(call == "token" || call.rfind("list ", 0) == 0 || call.rfind("remove ", 0) == 0)
        << call;
  }
}
INSTANTIATE_TEST_SUITE_P(At, CancelledCreate,
                         testing::Values("token", "look image debian-12", "network", "subnet",
                                         "security group", "rules", "ports", "server master-1",
                                         "router", "router interface", "tags network",
                                         "boot worker-1", "api server", "ready worker-2"),
                         step_name);

class CancelledChange : public OperationTest, public testing::WithParamInterface<const char*> {};

TEST_P(CancelledChange, LeavesNothingEither) {
  use_managed();
  begin_create();
  run();
  replace("worker-1");
  run_until_moment(GetParam());
  destroy();
  run_until([this] { return is_destroyed_; });
  expect_destroyed();
}
INSTANTIATE_TEST_SUITE_P(At, CancelledChange,
                         testing::Values("token", "drain", "remove server worker-1",
                                         "server worker-1", "ready worker-1"),
                         step_name);

class LostAnswerAndDestroy : public OperationTest,
                             public testing::WithParamInterface<const char*> {};

// What takes effect after the destroy has looked is found by its audit.
TEST_P(LostAnswerAndDestroy, LeavesNothingOfALateEffect) {
  use_unmanaged();
  cloud_.script(GetParam(), {Fate::Late});
  begin_create();
  run_until([this] {
    const StepView* step = find_step(operation(), GetParam());
    return step != nullptr && step->outcome_unknown && step->state == StepState::Blocked;
  });
  destroy();
  run_until([this] { return is_destroyed_; });
  expect_destroyed();
}
INSTANTIATE_TEST_SUITE_P(Of, LostAnswerAndDestroy,
                         testing::Values("network", "security group", "router", "ports",
                                         "server worker-2"),
                         step_name);

class BlockedRemoval : public OperationTest, public testing::WithParamInterface<const char*> {};

TEST_P(BlockedRemoval, IsTriedAgainForEver) {
  use_unmanaged();
  begin_create();
  run();
  for (int i = 0; i < 60; ++i) cloud_.script(GetParam(), {i % 2 ? Fate::Refused : Fate::Lost});
  destroy();
  const base::WallTime begun = time_.wall_now();
  run();
  expect_destroyed();
  EXPECT_GE(time_.wall_now() - begun, std::chrono::minutes(1));
}
INSTANTIATE_TEST_SUITE_P(Of, BlockedRemoval,
                         testing::Values("remove server master-1", "remove router interface",
                                         "remove network", "list ports"),
                         step_name);

TEST_F(OperationTest, AClusterOfWhichNothingWasAskedNeedsNoCloudToGo) {
  use_unmanaged();
  cloud_.script("token", {Fate::Unreachable});
  begin_create();
  run_until_blocked("token");
  const auto calls = cloud_.calls.size();
  destroy();
  EXPECT_TRUE(is_destroyed_);
  expect_destroyed();
  EXPECT_EQ(cloud_.calls.size(), calls);
  EXPECT_EQ(store_.count(std::string("/destroyed/") + kTestClusterId), 0U);
}

TEST_F(OperationTest, ADestroyedClusterIsRememberedForItsOrphans) {
  use_unmanaged();
  begin_create();
  run();
  destroy();
  run();
  expect_destroyed();
  EXPECT_EQ(store_.count(std::string("/destroyed/") + kTestClusterId), 1U);
}

// A mark without a name of the cluster's, or a name without a mark, is one proof only.
TEST_F(OperationTest, WhatIsNotProvenToBeTheClustersIsLeftAlone) {
  use_unmanaged();
  begin_create();
  run();
  cloud_.put(ResourceKind::SecurityGroup, "someone-elses");
  const std::string server = cluster().resources.at({ResourceKind::Server, "worker-1"});
  cloud_.resources.at(server).is_marked = false;
  destroy();
  run();
  EXPECT_TRUE(is_destroyed_);
  EXPECT_EQ(cloud_.resources.count(server), 1U);
  EXPECT_EQ(cloud_.count(ResourceKind::SecurityGroup), 1U);
  EXPECT_THAT(operation().audit.refused, Contains(HasSubstr("someone-elses")));
  EXPECT_THAT(operation().audit.refused, Contains(HasSubstr("worker-1")));
}

TEST_F(OperationTest, AChangeThatFailsLeavesAClusterThatWorks) {
  use_managed();
  begin_create();
  run();
  cloud_.script("server worker-3", {Fate::Refused});
  scale(3);
  run();
  EXPECT_EQ(operation().state, OperationState::Failed);
  EXPECT_EQ(cluster().phase, ClusterPhase::Active);
  EXPECT_THAT(operation().reason.next, HasSubstr("ask for it again"));
  EXPECT_TRUE(has_open_change(*stored_cluster()));
  scale(3);
  run();
  expect_whole();
}

}  // namespace
}  // namespace mex::cluster
