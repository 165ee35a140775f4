#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>

#include "cluster/engine/cluster_view.h"
#include "cluster/engine/operation_fixture.h"

// What becomes of an operation when its calls meet a bad fate.
namespace mex::cluster {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using testing::Contains;
using testing::HasSubstr;

class CallTest : public OperationTest, public testing::WithParamInterface<const char*> {
 protected:
  CallTest() { use_unmanaged(); }

  void create_with(std::initializer_list<Fate> fates) {
    cloud_.script(GetParam(), fates);
    begin_create();
  }
  StepView& step() { return *find_step(operation(), GetParam()); }
  // How often what the call makes was made; a bulk call makes several things at once.
  std::size_t times_made() const {
    const auto made = cloud_.creations.find(GetParam());
    if (made == cloud_.creations.end()) return 0;
    std::vector<base::WallTime> times = made->second;
    times.erase(std::unique(times.begin(), times.end()), times.end());
    return times.size();
  }
};

const auto kMakingCalls = testing::Values("network", "subnet", "router", "security group", "ports",
                                          "server master-1", "server worker-1", "server worker-2");

// ---- the answer of a call that makes something is lost ----

class LostAnswer : public CallTest {};

TEST_P(LostAnswer, IsFoundAndNothingIsMadeTwice) {
  create_with({Fate::Lost});
  run_until_blocked(GetParam());
  EXPECT_TRUE(step().outcome_unknown);
  EXPECT_TRUE(stored_step(GetParam()).outcome_unknown);
  EXPECT_TRUE(cluster().unknown_until);
  run();
  expect_whole();
  EXPECT_EQ(times_made(), 1U);
  // Its effect was found and it was the only one: nothing can come late.
  EXPECT_EQ(find_step(operation(), "late answers"), nullptr);
}
INSTANTIATE_TEST_SUITE_P(Of, LostAnswer, kMakingCalls, step_name);

class CallWithoutEffect : public CallTest {};

TEST_P(CallWithoutEffect, IsRepeatedWhenItHadItsTimeAndAuditedLater) {
  create_with({Fate::LostWithoutEffect});
  run_until_blocked(GetParam());
  const base::WallTime lost = time_.world_now();
  run_until([this] {
    return step().state == StepState::Blocked && step().reason.code == "OutcomeUnknown";
  });
  run();
  expect_whole();
  EXPECT_EQ(times_made(), 1U);
  EXPECT_GE(cloud_.creations[GetParam()].front() - lost, timing_.lost_call);
  EXPECT_EQ(find_step(operation(), "late answers")->state, StepState::Done);
  EXPECT_GE(*operation().ended - lost, timing_.late_answers);
  EXPECT_FALSE(operation().audit.found.empty());
}
INSTANTIATE_TEST_SUITE_P(Of, CallWithoutEffect, kMakingCalls, step_name);

class LateEffect : public CallTest {};

// It takes effect after the call was repeated: of two resources the closing audit removes one.
TEST_P(LateEffect, LeavesOneOfEverything) {
  create_with({Fate::Late});
  run();
  expect_whole();
  EXPECT_EQ(times_made(), 2U);
  EXPECT_FALSE(operation().audit.removed.empty());
}
INSTANTIATE_TEST_SUITE_P(Of, LateEffect, kMakingCalls, step_name);

class AnsweredHalfWay : public CallTest {};

// The cloud has answered, so its work on the call is over: no late effect is awaited.
TEST_P(AnsweredHalfWay, IsFoundAndNotAwaited) {
  create_with({Fate::HalfWay});
  run_until_blocked(GetParam());
  EXPECT_TRUE(step().outcome_unknown);
  EXPECT_FALSE(cluster().unknown_until);
  run();
  expect_whole();
  EXPECT_EQ(times_made(), 1U);
  EXPECT_EQ(find_step(operation(), "late answers"), nullptr);
}
INSTANTIATE_TEST_SUITE_P(Of, AnsweredHalfWay, kMakingCalls, step_name);

class RefusedForTheLostCall : public CallTest {};

// The symptom: POST /ports takes long inside Neutron, its answer is lost, it is repeated, and
// "already allocated" (HTTP 409) ends the create although the first call gives it its ports.
TEST_P(RefusedForTheLostCall, IsTriedUntilTheEffectOfTheLostCallIsSeen) {
  create_with({Fate::Late});
  for (int i = 0; i < 10; ++i) cloud_.script(GetParam(), {Fate::Refused});
  run();
  expect_whole();
  EXPECT_LE(times_made(), 1U);
}
INSTANTIATE_TEST_SUITE_P(Of, RefusedForTheLostCall, kMakingCalls, step_name);
INSTANTIATE_TEST_SUITE_P(OfOneThatMayBeRepeated, RefusedForTheLostCall,
                         testing::Values("router interface"), step_name);

class RefusedForGood : public CallTest {};

TEST_P(RefusedForGood, EndsTheOperationWhenNoLostCallCanBeTheReasonAnyMore) {
  create_with({Fate::LostWithoutEffect});
  for (int i = 0; i < 100; ++i) cloud_.script(GetParam(), {Fate::Refused});
  run_until_blocked(GetParam());
  const base::WallTime lost = time_.wall_now();
  run();
  EXPECT_EQ(operation().state, OperationState::Failed);
  EXPECT_EQ(operation().reason.code, "RESOURCE_EXHAUSTED");
  EXPECT_GE(*step().ended - lost, timing_.call);
  EXPECT_LE(*step().ended - lost, 2 * timing_.call);
}
INSTANTIATE_TEST_SUITE_P(Of, RefusedForGood, kMakingCalls, step_name);
INSTANTIATE_TEST_SUITE_P(OfOneThatMayBeRepeated, RefusedForGood,
                         testing::Values("router interface"), step_name);

class WallClockThatIsSet : public CallTest {};

TEST_P(WallClockThatIsSet, ChangesNothing) {
  for (const hours jump : {hours(1), hours(-1)}) {
    SCOPED_TRACE(jump.count());
    create_with({Fate::LostWithoutEffect});
    run_until_blocked(GetParam());
    const base::SteadyTime lost = time_.steady_now();
    time_.shift_wall_clock(jump);
    run();
    expect_whole();
    EXPECT_EQ(times_made(), 1U);
    EXPECT_GE(time_.steady_now() - lost, timing_.late_answers);
    EXPECT_LE(time_.steady_now() - lost, minutes(2));
    destroy();
    run();
    expect_destroyed();
    cloud_.creations.clear();
  }
}
INSTANTIATE_TEST_SUITE_P(Of, WallClockThatIsSet, kMakingCalls, step_name);

class LostThreeTimes : public CallTest {};

TEST_P(LostThreeTimes, EndsInOneOfEverything) {
  create_with({Fate::LostWithoutEffect, Fate::Late, Fate::Lost});
  run();
  expect_whole();
}
INSTANTIATE_TEST_SUITE_P(Of, LostThreeTimes, kMakingCalls, step_name);

// ---- transient failures ----

class Unreachable : public CallTest {};

TEST_P(Unreachable, IsTriedAgainAfterGrowingPauses) {
  create_with({Fate::Unreachable, Fate::Unreachable, Fate::Unreachable});
  std::chrono::milliseconds pause = timing_.first_retry;
  for (int attempt = 1; attempt <= 3; ++attempt) {
    run_until_blocked(GetParam(), attempt);
    EXPECT_EQ(step().reason.code, "UNAVAILABLE");
    EXPECT_THAT(step().reason.next, HasSubstr("tried again at"));
    EXPECT_GE(*step().retry_at - time_.wall_now(), pause);
    EXPECT_LE(*step().retry_at - time_.wall_now(), pause * 6 / 5);
    // The reason is there until the next attempt says something else.
    run_until([&] { return step().state == StepState::Running; });
    EXPECT_EQ(step().reason.code, "UNAVAILABLE");
    EXPECT_EQ(blocked_step(operation()), &step());
    pause *= 2;
  }
  run();
  EXPECT_TRUE(step().reason.empty());
  expect_whole();
  EXPECT_EQ(step().attempts, 4);
}
INSTANTIATE_TEST_SUITE_P(Of, Unreachable,
                         testing::Values("token", "look extensions", "look network quota",
                                         "network", "rules", "ports", "router interface",
                                         "tags network"),
                         step_name);

class LostAnswerOfARepeatableCall : public CallTest {};

TEST_P(LostAnswerOfARepeatableCall, IsRepeatedAndNotAudited) {
  create_with({Fate::Lost});
  run();
  expect_whole();
  EXPECT_EQ(cloud_.calls_of(GetParam()), 2);
  EXPECT_EQ(find_step(operation(), "late answers"), nullptr);
}
INSTANTIATE_TEST_SUITE_P(Of, LostAnswerOfARepeatableCall,
                         testing::Values("rules", "router interface", "tags network"), step_name);

class OutageOfTheCloud : public CallTest {};

TEST_P(OutageOfTheCloud, BlocksACreateHoweverLongItIs) {
  for (int i = 0; i < 100; ++i) cloud_.script(GetParam(), {Fate::Unreachable});
  begin_create();
  const base::WallTime begun = time_.wall_now();
  run();
  expect_whole();
  EXPECT_GE(*operation().ended - begun, minutes(90));
}
INSTANTIATE_TEST_SUITE_P(Of, OutageOfTheCloud, testing::Values("token", "network", "ports"),
                         step_name);

// ---- refusals ----

class Refused : public CallTest {};

TEST_P(Refused, EndsTheOperationAndTheNextOneGoesOnFromWhatIsThere) {
  create_with({Fate::Refused});
  run();
  EXPECT_EQ(operation().state, OperationState::Failed);
  EXPECT_EQ(cluster().phase, ClusterPhase::Failed);
  EXPECT_EQ(step().state, StepState::Failed);
  EXPECT_EQ(operation().reason.code, "RESOURCE_EXHAUSTED");
  EXPECT_THAT(operation().reason.message, HasSubstr("refused"));
  EXPECT_THAT(operation().reason.next, HasSubstr("send the same provision again"));
  EXPECT_EQ(stored_cluster()->phase, ClusterPhase::Failed);
  const auto before = cloud_.resources.size();
  create_again();
  run();
  expect_whole();
  EXPECT_GE(cloud_.resources.size(), before);
  for (const auto& [call, times] : cloud_.creations) {
    EXPECT_LE(times.size(), call == "ports" ? 3U : 1U) << call;
  }
}
INSTANTIATE_TEST_SUITE_P(Of, Refused,
                         testing::Values("look image debian-12", "look compute quota", "network",
                                         "subnet", "router", "rules", "ports", "server worker-2",
                                         "router interface"),
                         step_name);

TEST_F(OperationTest, TagsAreNotWorthACluster) {
  use_unmanaged();
  cloud_.script("tags router", {Fate::Refused});
  begin_create();
  run();
  expect_whole();
  EXPECT_EQ(find_step(operation(), "tags router")->state, StepState::Skipped);
}

TEST_F(OperationTest, CallsInFlightEndBeforeAFailedOperationDoes) {
  use_unmanaged();
  cloud_.script("server master-1", {Fate::Refused});
  begin_create();
  run();
  EXPECT_EQ(operation().state, OperationState::Failed);
  EXPECT_EQ(cluster().resources.count({ResourceKind::Server, "worker-1"}), 1U);
  EXPECT_EQ(find_step(operation(), "boot worker-1")->state, StepState::Skipped);
}

// ---- what a call builds on is gone ----

class LostGround : public CallTest {};

TEST_P(LostGround, IsDiscoveredAndMadeAgain) {
  begin_create();
  run_until_moment(GetParam());
  std::erase_if(cloud_.resources, [](const auto& entry) {
    return entry.second.kind != ResourceKind::Server && entry.second.kind != ResourceKind::Router;
  });
  run();
  expect_whole();
  EXPECT_EQ(cloud_.calls_of("token"), 2);
}
INSTANTIATE_TEST_SUITE_P(At, LostGround, testing::Values("subnet", "rules", "ports"), step_name);

class GoneForGood : public CallTest {};

TEST_P(GoneForGood, IsPlannedAnewTwiceAndThenFails) {
  create_with({Fate::NotFound, Fate::NotFound, Fate::NotFound});
  run();
  EXPECT_EQ(operation().state, OperationState::Failed);
  EXPECT_EQ(operation().reason.code, "NOT_FOUND");
  EXPECT_EQ(cloud_.calls_of("token"), 3);
}
INSTANTIATE_TEST_SUITE_P(Of, GoneForGood,
                         testing::Values("subnet", "rules", "ports", "server worker-1",
                                         "router interface"),
                         step_name);

// ---- the store fails ----

class FullDisk : public CallTest {};

TEST_P(FullDisk, KeepsTheCallFromGoingOutUntilItsIntentIsStored) {
  refused_step_ = GetParam();
  refused_intents_ = 3;
  begin_create();
  for (int attempt = 1; attempt <= 3; ++attempt) {
    run_until_blocked(GetParam(), attempt);
    EXPECT_EQ(step().reason.code, "StoreFailed");
    EXPECT_THAT(step().reason.message, HasSubstr("the disk is full"));
    EXPECT_EQ(cloud_.calls_of(GetParam()), 0);
  }
  run();
  expect_whole();
  EXPECT_EQ(cloud_.calls_of(GetParam()), 1);
}
INSTANTIATE_TEST_SUITE_P(Of, FullDisk,
                         testing::Values("network", "subnet", "security group", "rules", "ports",
                                         "router", "server worker-1", "router interface"),
                         step_name);

TEST_F(OperationTest, AFullDiskAtTheEndOfADestroyIsWaitedFor) {
  use_unmanaged();
  begin_create();
  run();
  destroy();
  run_until_moment("audit servers");
  is_full_ = true;
  run_until_blocked("token");
  EXPECT_EQ(find_step(operation(), "token")->reason.code, "StoreFailed");
  EXPECT_FALSE(is_destroyed_);
  EXPECT_TRUE(stored_cluster());
  is_full_ = false;
  run();
  expect_destroyed();
}

// ---- servers ----

TEST_F(OperationTest, AServerInErrorEndsACreateAndIsReplacedByTheNext) {
  use_unmanaged();
  cloud_.broken_servers = {"test-1-k3v9x2ab-worker-1"};
  begin_create();
  run();
  EXPECT_EQ(operation().state, OperationState::Failed);
  EXPECT_EQ(operation().reason.code, "ServerError");
  create_again();
  run();
  expect_whole();
  EXPECT_THAT(operation().audit.removed, Contains(HasSubstr("server worker-1")));
}

TEST_F(OperationTest, AServerThatVanishesWhileItBootsEndsACreate) {
  use_unmanaged();
  begin_create();
  run_until_moment("boot worker-2");
  cloud_.lose_server("test-1-k3v9x2ab-worker-2");
  run();
  EXPECT_EQ(operation().reason.code, "ServerGone");
  create_again();
  run();
  expect_whole();
}

TEST_F(OperationTest, ANodeThatIsNeverReadyIsMadeAnewByTheNextCreate) {
  use_managed();
  cloud_.silent_nodes = {"test-1-k3v9x2ab-worker-1"};
  begin_create();
  run();
  EXPECT_EQ(operation().reason.code, "NodeNotJoined");
  EXPECT_THAT(stored_cluster()->failed_nodes, testing::ElementsAre("worker-1"));
  const std::string before = cluster().resources.at({ResourceKind::Server, "worker-1"});
  cloud_.silent_nodes.clear();
  create_again();
  run();
  expect_whole();
  EXPECT_NE(cluster().resources.at({ResourceKind::Server, "worker-1"}), before);
}

TEST_F(OperationTest, AManagedClusterIsWholeWhenItsNodesAreReady) {
  use_managed();
  begin_create();
  run_until_moment("ready worker-2");
  EXPECT_EQ(cluster().phase, ClusterPhase::Creating);
  run();
  expect_whole();
}

}  // namespace
}  // namespace mex::cluster
