#include "cluster/engine/step_graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"
#include "cluster/flavor/test_time.h"
#include "openstack/error.h"

namespace mex::cluster {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

PlannedStep step(std::string name, std::vector<std::string> after = {}) {
  PlannedStep made = plain_step(std::move(name), LogIn{});
  made.after = std::move(after);
  return made;
}

class StepGraphTest : public testing::Test {
 protected:
  std::vector<std::string> ready() {
    std::vector<std::string> names;
    for (const PlannedStep* planned : graph_.ready(operation_)) names.push_back(planned->name);
    return names;
  }
  void set(const char* name, StepState state) { find_step(operation_, name)->state = state; }

  OperationRecord operation_;
  StepGraph graph_;
};

TEST_F(StepGraphTest, StepsAreReadyWhenAllBeforeThemAreDone) {
  graph_.begin({step("a"), step("b"), step("c", {"a", "b"}), step("d", {"c"})}, operation_,
               at_millisecond(1));
  EXPECT_THAT(ready(), ElementsAre("a", "b"));
  set("a", StepState::Done);
  set("b", StepState::Running);
  EXPECT_THAT(ready(), IsEmpty());
  set("b", StepState::Skipped);
  EXPECT_THAT(ready(), ElementsAre("c"));
  set("c", StepState::Blocked);
  EXPECT_THAT(ready(), IsEmpty());
  set("c", StepState::Failed);
  EXPECT_THAT(ready(), IsEmpty());
  EXPECT_FALSE(graph_.is_complete(operation_));
  set("c", StepState::Done);
  set("d", StepState::Done);
  EXPECT_TRUE(graph_.is_complete(operation_));
}

TEST_F(StepGraphTest, AnEmptyStageIsComplete) {
  graph_.begin({}, operation_, at_millisecond(1));
  EXPECT_TRUE(graph_.is_complete(operation_));
}

TEST_F(StepGraphTest, ALaterStageRunsKnownStepsAgainAndKeepsTheirHistory) {
  graph_.begin({step("a"), step("b")}, operation_, at_millisecond(1));
  StepView& first = *find_step(operation_, "a");
  first.state = StepState::Done;
  first.attempts = 3;
  first.outcome_unknown = true;
  first.ended = at_millisecond(2);
  PlannedStep done = step("b");
  done.is_done = true;
  done.resource_id = "id";
  graph_.begin({step("a"), done, step("c")}, operation_, at_millisecond(9));
  ASSERT_EQ(operation_.steps.size(), 3U);
  EXPECT_EQ(operation_.steps[0].state, StepState::Pending);
  EXPECT_EQ(operation_.steps[0].attempts, 3);
  EXPECT_TRUE(operation_.steps[0].outcome_unknown);
  EXPECT_FALSE(operation_.steps[0].ended);
  EXPECT_EQ(operation_.steps[1].state, StepState::Done);
  EXPECT_EQ(operation_.steps[1].resource_id, "id");
  EXPECT_EQ(operation_.steps[1].ended, at_millisecond(9));
  EXPECT_THAT(ready(), ElementsAre("a", "c"));
}

class JudgeTest : public testing::Test {
 protected:
  StepDecision judged(const Action& action, absl::Status status) {
    Outcome outcome;
    outcome.status = std::move(status);
    return decide_next(outcome, action, circumstances_, timing_);
  }

  const absl::Status refused_ = absl::ResourceExhaustedError("quota");
  const absl::Status unreachable_ = absl::UnavailableError("no connection");
  const absl::Status lost_ =
      openstack::with_unknown_outcome(absl::UnavailableError("connection lost"));
  StepAttemptInfo circumstances_;
  Timing timing_;
};

TEST_F(JudgeTest, SuccessIsDone) {
  EXPECT_EQ(judged(CreateNetwork{}, absl::OkStatus()).verdict, Verdict::Done);
}

TEST_F(JudgeTest, ALostAnswerOfACallThatMakesSomethingIsLookedAfter) {
  const StepDecision judgement = judged(CreateNetwork{}, lost_);
  EXPECT_EQ(judgement.verdict, Verdict::LookAgain);
  EXPECT_TRUE(judgement.is_unknown);
  EXPECT_TRUE(judgement.can_come_late);
  EXPECT_EQ(judgement.pause, timing_.settle_look);
}

TEST_F(JudgeTest, AnAnsweredFailureHalfWayIsLookedAfterButNotAwaited) {
  const StepDecision judgement =
      judged(CreateServer{}, openstack::with_unknown_outcome(absl::InternalError("computeFault")));
  EXPECT_EQ(judgement.verdict, Verdict::LookAgain);
  EXPECT_TRUE(judgement.is_unknown);
  EXPECT_FALSE(judgement.can_come_late);
}

TEST_F(JudgeTest, ALostAnswerOfARepeatableCallIsRepeated) {
  for (const Action& action : {Action(AttachRouter{}), Action(TagResource{}), Action(Remove{})}) {
    EXPECT_EQ(judged(action, lost_).verdict, Verdict::Retry);
    EXPECT_FALSE(judged(action, lost_).is_unknown);
  }
}

TEST_F(JudgeTest, NotSeenYetIsLookedForAgain) {
  Outcome outcome;
  outcome.not_seen = true;
  EXPECT_EQ(decide_next(outcome, CreateServer{}, circumstances_, timing_).verdict,
            Verdict::LookAgain);
}

TEST_F(JudgeTest, TransientFailuresAreRetriedForAWhile) {
  EXPECT_EQ(judged(FindImage{}, unreachable_).verdict, Verdict::Retry);
  EXPECT_GE(judged(FindImage{}, unreachable_).pause, timing_.first_retry);
  circumstances_.since_start = timing_.give_up;
  EXPECT_EQ(judged(FindImage{}, unreachable_).verdict, Verdict::Fail);
}

TEST_F(JudgeTest, DefiniteRefusalsFailACreate) {
  EXPECT_EQ(judged(CreateNetwork{}, refused_).verdict, Verdict::Fail);
  EXPECT_EQ(judged(FindImage{}, absl::NotFoundError("no image")).verdict, Verdict::Fail);
}

TEST_F(JudgeTest, WhereAResourceOfTheClusterSeemsToBeGoneAllIsLookedAtAnew) {
  const absl::Status gone = absl::NotFoundError("Router 7b69 could not be found");
  for (const Action& action : {Action(CreateSubnet{}), Action(CreateRules{}), Action(CreatePorts{}),
                               Action(AttachRouter{}), Action(CreateServer{})}) {
    EXPECT_EQ(judged(action, gone).verdict, Verdict::StartOver);
  }
  EXPECT_EQ(judged(CreateServer{}, absl::InvalidArgumentError("Port not found")).verdict,
            Verdict::StartOver);
  EXPECT_EQ(judged(CreatePorts{}, refused_).verdict, Verdict::Fail);
}

TEST_F(JudgeTest, WhatIsWrongForGoodIsNotLookedAtForEver) {
  circumstances_.starts_over = 2;
  EXPECT_EQ(judged(AttachRouter{}, absl::NotFoundError("gone")).verdict, Verdict::Fail);
  EXPECT_EQ(judged(CreateServer{}, refused_).verdict, Verdict::Fail);
}

TEST_F(JudgeTest, TagsAreNotWorthACluster) {
  EXPECT_EQ(judged(TagResource{}, refused_).verdict, Verdict::Skip);
}

TEST_F(JudgeTest, ADestroyNeverGivesUp) {
  circumstances_.kind = OperationKind::Destroy;
  circumstances_.since_start = std::chrono::hours(48);
  for (const absl::Status& status : {refused_, unreachable_, lost_}) {
    EXPECT_EQ(judged(Remove{}, status).verdict, Verdict::Retry) << status;
  }
}

TEST(ReasonOf, SaysWhatTheCloudSaid) {
  Outcome outcome;
  outcome.status = base::with_detail(absl::ResourceExhaustedError("no more ports"),
                                     {.field = {}, .request_id = {}, .cloud_code = "OverQuota"});
  outcome.request_id = "req-1";
  const Reason reason = reason_of(outcome);
  EXPECT_EQ(reason.message, "no more ports");
  EXPECT_EQ(reason.code, "OverQuota");
  EXPECT_EQ(reason.request_id, "req-1");
  outcome.status = absl::UnauthenticatedError("wrong password");
  EXPECT_EQ(reason_of(outcome).code, "UNAUTHENTICATED");
}

TEST(RetryPause, DoublesUpToTheLongest) {
  const Timing timing;
  EXPECT_GE(retry_pause(timing, 1, 0), timing.first_retry);
  EXPECT_LE(retry_pause(timing, 1, 199), timing.first_retry * 12 / 10);
  EXPECT_GE(retry_pause(timing, 3, 0), timing.first_retry * 4);
  EXPECT_GE(retry_pause(timing, 1000, 0), timing.longest_retry);
  EXPECT_LE(retry_pause(timing, 1000, 199), timing.longest_retry * 12 / 10);
  EXPECT_NE(retry_pause(timing, 5, 1), retry_pause(timing, 5, 100));
}

}  // namespace
}  // namespace mex::cluster
