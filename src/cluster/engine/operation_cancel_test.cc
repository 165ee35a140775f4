// Operations that are cancelled, and changes that stay wanted.
#include <gtest/gtest.h>

#include "cluster/engine/operation_fixture.h"

namespace mex::cluster {
namespace {

class OperationCancelTest : public OperationTest {
 protected:
  OperationCancelTest() { use_managed(); }

  void make() {
    begin_create();
    run();
    cloud_.calls.clear();
  }
  // As ClusterEngine::cancel does.
  void cancel() {
    operation().is_cancel_requested = true;
    ASSERT_TRUE(records().persist().ok());
    process_->machine.advance();
  }
  void expect_cancelled() {
    EXPECT_EQ(operation().state, OperationState::Cancelled);
    EXPECT_EQ(operation().reason.code, "Cancelled");
    EXPECT_EQ(stored_operation(operation().id)->state, OperationState::Cancelled);
  }
  // What the agent begins by itself.
  void complete() {
    ASSERT_TRUE(has_open_change(cluster()));
    change(OperationKind::Repair, cluster());
    run();
  }
};

TEST_F(OperationCancelTest, AScaleLeavesWhatWasWantedBefore) {
  make();
  scale(4);
  run_until_moment("server worker-3");
  cancel();
  run();
  expect_cancelled();
  EXPECT_EQ(cluster().phase, ClusterPhase::Active);
  EXPECT_EQ(cluster().spec.nodes.size(), 3U);
  complete();
  expect_whole();
}

TEST_F(OperationCancelTest, EndsWithTheLastCallThatIsUnderWay) {
  make();
  scale(3);
  run_until_moment("server worker-3");
  cancel();
  EXPECT_FALSE(has_ended(operation())) << "its answer has the id of a server";
  run();
  expect_cancelled();
  EXPECT_EQ(cluster().resources.count({ResourceKind::Server, "worker-3"}), 1U);
}

TEST_F(OperationCancelTest, ABlockedOperationEndsAtOnce) {
  make();
  cloud_.script("ports", {Fate::Unreachable, Fate::Unreachable, Fate::Unreachable});
  scale(3);
  run_until_blocked("ports");
  cancel();
  expect_cancelled();
  EXPECT_FALSE(has_open_change(cluster())) << "nothing of it was made";
}

TEST_F(OperationCancelTest, ACreateIsFailedAndCanBeAskedForAgain) {
  begin_create();
  run_until_moment("server worker-1");
  cancel();
  run();
  expect_cancelled();
  EXPECT_EQ(cluster().phase, ClusterPhase::Failed);
  create_again();
  run();
  expect_whole();
}

TEST_F(OperationCancelTest, ADrainedNodeStays) {
  make();
  scale(1);
  run_until_moment("drain");
  cancel();
  run();
  expect_cancelled();
  EXPECT_EQ(cluster().spec.nodes.size(), 3U);
  EXPECT_EQ(cloud_.calls_of("remove server worker-2"), 0);
  complete();
  expect_whole();
  EXPECT_EQ(cloud_.calls_of("uncordon"), 1);
}

// kill -9 between the answer to the caller and the end of the operation.
TEST_F(OperationCancelTest, IsNotForgottenByTheNextProcess) {
  make();
  scale(3);
  run_until_moment("server worker-3");
  operation().is_cancel_requested = true;
  ASSERT_TRUE(records().persist().ok());
  restart(Fate::Answered);
  run();
  expect_cancelled();
  EXPECT_EQ(cluster().spec.nodes.size(), 3U);
  complete();
  expect_whole();
}

TEST_F(OperationCancelTest, ADestroyThatSupersedesItDestroys) {
  make();
  scale(3);
  run_until_moment("server worker-3");
  cancel();
  destroy();
  run();
  expect_destroyed();
}

// The symptom: a quota is too small, the scale fails, and when quota comes nodes are made that
// no one asks for any more. One that is kept is still asked for.
TEST_F(OperationCancelTest, AChangeThatIsKeptStaysWantedWhenItFails) {
  make();
  cloud_.script("ports", {Fate::Refused});
  auto changed = scaled(cluster(), "worker", 3,
                        {.platform = platform_, .is_taken = [](const auto&) { return false; }});
  changed->is_change_kept = true;
  change(OperationKind::Scale, *std::move(changed));
  run();
  EXPECT_EQ(operation().state, OperationState::Failed);
  EXPECT_EQ(cluster().spec.nodes.size(), 4U);
  complete();
  expect_whole();
  EXPECT_FALSE(stored_cluster()->is_change_kept);
}

TEST_F(OperationCancelTest, AChangeThatIsKeptIsGivenUpWhenItIsCancelled) {
  make();
  cloud_.script("ports", {Fate::Unreachable, Fate::Unreachable});
  auto changed = scaled(cluster(), "worker", 3,
                        {.platform = platform_, .is_taken = [](const auto&) { return false; }});
  changed->is_change_kept = true;
  change(OperationKind::Scale, *std::move(changed));
  run_until_blocked("ports");
  cancel();
  expect_cancelled();
  EXPECT_EQ(cluster().spec.nodes.size(), 3U);
  EXPECT_FALSE(has_open_change(cluster()));
}

}  // namespace
}  // namespace mex::cluster
