#include "cluster/engine/step_decision.h"

#include <gtest/gtest.h>

#include "base/status.h"
#include "cluster/engine/cloud_executor.h"
#include "cluster/records/inventory_fixture.h"
#include "openstack/error.h"

namespace mex::cluster {
namespace {

Action removal() {
  return Remove{owned_at({ResourceKind::Router, {}}, "r"), RemovalCause::Destroyed};
}

class StepDecisionTest : public testing::Test {
 protected:
  StepDecision decided(const Action& action, absl::Status status) {
    Outcome outcome;
    outcome.status = std::move(status);
    return decide_next(outcome, action, attempt_, timing_);
  }

  const absl::Status refused_ = absl::ResourceExhaustedError("quota");
  const absl::Status unreachable_ = absl::UnavailableError("no connection");
  const absl::Status lost_ =
      openstack::with_unknown_outcome(absl::UnavailableError("connection lost"));
  StepAttemptInfo attempt_;
  Timing timing_;
};

TEST_F(StepDecisionTest, SuccessIsDone) {
  EXPECT_EQ(decided(CreateNetwork{}, absl::OkStatus()).verdict, Verdict::Done);
}

TEST_F(StepDecisionTest, ALostAnswerOfACallThatMakesSomethingIsLookedFor) {
  const StepDecision decision = decided(CreateNetwork{}, lost_);
  EXPECT_EQ(decision.verdict, Verdict::LookAgain);
  EXPECT_TRUE(decision.is_unknown);
  EXPECT_TRUE(decision.can_come_late);
  EXPECT_EQ(decision.pause, timing_.lost_call_tick);
}

TEST_F(StepDecisionTest, AnAnsweredFailureHalfWayIsLookedForButNotAwaited) {
  const StepDecision decision =
      decided(CreateServer{}, openstack::with_unknown_outcome(absl::InternalError("computeFault")));
  EXPECT_EQ(decision.verdict, Verdict::LookAgain);
  EXPECT_TRUE(decision.is_unknown);
  EXPECT_FALSE(decision.can_come_late);
}

TEST_F(StepDecisionTest, ALostAnswerOfARepeatableCallIsRepeated) {
  for (const Action& action : {Action(AttachRouter{}), Action(TagResource{}), removal()}) {
    EXPECT_EQ(decided(action, lost_).verdict, Verdict::Retry);
    EXPECT_FALSE(decided(action, lost_).is_unknown);
  }
}

TEST_F(StepDecisionTest, WhatWorksAgainIsNotRemoved) {
  Outcome outcome;
  outcome.has_recovered = true;
  EXPECT_EQ(decide_next(outcome, removal(), attempt_, timing_).verdict, Verdict::Withdraw);
}

TEST_F(StepDecisionTest, NotSeenYetIsLookedForAgain) {
  Outcome outcome;
  outcome.not_seen = true;
  EXPECT_EQ(decide_next(outcome, CreateServer{}, attempt_, timing_).verdict, Verdict::LookAgain);
}

TEST_F(StepDecisionTest, AnApiServerThatDoesNotAnswerIsGivenUp) {
  const Action action = RenewToken{};
  EXPECT_EQ(decided(action, unreachable_).verdict, Verdict::Retry);
  EXPECT_GE(decided(action, unreachable_).pause, timing_.first_retry);
  attempt_.waited = timing_.give_up;
  EXPECT_EQ(decided(action, unreachable_).verdict, Verdict::Fail);
}

TEST_F(StepDecisionTest, AnOutageOfTheCloudIsWaitedForHoweverLongItIs) {
  attempt_.waited = std::chrono::hours(24 * 365);
  for (const Action& action : {Action(FindImage{}), Action(CreateNetwork{})}) {
    EXPECT_EQ(decided(action, unreachable_).verdict, Verdict::Retry);
  }
}

TEST_F(StepDecisionTest, DefiniteRefusalsFailACreate) {
  EXPECT_EQ(decided(CreateNetwork{}, refused_).verdict, Verdict::Fail);
  EXPECT_EQ(decided(FindImage{}, absl::NotFoundError("no image")).verdict, Verdict::Fail);
  for (const absl::Status& unreadable :
       {absl::PermissionDeniedError("policy"), absl::NotFoundError("no such extension"),
        absl::UnimplementedError("501")}) {
    EXPECT_EQ(decided(ReadComputeQuota{}, unreadable).verdict, Verdict::Skip) << unreadable;
    EXPECT_EQ(decided(ReadNetworkQuota{}, unreadable).verdict, Verdict::Skip) << unreadable;
  }
  EXPECT_EQ(decided(ReadNetworkQuota{}, absl::UnauthenticatedError("")).verdict, Verdict::Fail);
}

TEST_F(StepDecisionTest, ARefusalThatALostCallMayHaveCausedIsNotFinal) {
  const absl::Status conflict = absl::AlreadyExistsError("IP address already allocated");
  attempt_.may_be_own_refusal = true;
  for (const absl::Status& status : {conflict, refused_}) {
    for (const Action& action : {Action(CreatePorts{}), Action(AttachRouter{})}) {
      EXPECT_EQ(decided(action, status).verdict, Verdict::Retry) << status;
      EXPECT_EQ(decided(action, status).pause, timing_.first_retry);
      EXPECT_FALSE(decided(action, status).can_come_late);
    }
  }
  // No call of ours is the reason that an image is missing, or that the API server refuses a token.
  EXPECT_EQ(decided(FindImage{}, absl::NotFoundError("no image")).verdict, Verdict::Fail);
  EXPECT_EQ(decided(RenewToken{}, absl::PermissionDeniedError("")).verdict, Verdict::Fail);
  attempt_.may_be_own_refusal = false;
  EXPECT_EQ(decided(CreatePorts{}, conflict).verdict, Verdict::Fail);
}

TEST_F(StepDecisionTest, CredentialsThatEndWhileAClusterIsThereAreAwaited) {
  const absl::Status refused =
      absl::UnauthenticatedError("The request you have made requires auth");
  for (const Action& action :
       {Action(LogIn{}), Action(ReadNetworkQuota{}), Action(CreatePorts{})}) {
    EXPECT_EQ(decided(action, refused).verdict, Verdict::Fail);
    attempt_.has_cloud_resources = true;
    EXPECT_EQ(decided(action, refused).verdict, Verdict::Retry);
    attempt_.has_cloud_resources = false;
  }
  attempt_.has_cloud_resources = true;
  EXPECT_EQ(decided(RenewToken{}, refused).verdict, Verdict::Fail) << "the cluster's API server";
}

TEST_F(StepDecisionTest, WhereAResourceOfTheClusterSeemsToBeGoneAllIsLookedAtAnew) {
  const absl::Status gone = absl::NotFoundError("Router 7b69 could not be found");
  for (const Action& action : {Action(CreateSubnet{}), Action(CreateRules{}), Action(CreatePorts{}),
                               Action(AttachRouter{}), Action(CreateServer{})}) {
    EXPECT_EQ(decided(action, gone).verdict, Verdict::Replan);
  }
  EXPECT_EQ(decided(CreateServer{}, absl::InvalidArgumentError("Port not found")).verdict,
            Verdict::Replan);
  EXPECT_EQ(decided(CreatePorts{}, refused_).verdict, Verdict::Fail);
}

TEST_F(StepDecisionTest, WhatIsWrongForGoodIsNotLookedAtForEver) {
  attempt_.replans = 2;
  EXPECT_EQ(decided(AttachRouter{}, absl::NotFoundError("gone")).verdict, Verdict::Fail);
  EXPECT_EQ(decided(CreateServer{}, refused_).verdict, Verdict::Fail);
}

TEST_F(StepDecisionTest, TagsAreNotWorthACluster) {
  EXPECT_EQ(decided(TagResource{}, refused_).verdict, Verdict::Skip);
}

TEST_F(StepDecisionTest, ADestroyNeverGivesUp) {
  attempt_.kind = OperationKind::Destroy;
  attempt_.waited = std::chrono::hours(48);
  for (const absl::Status& status : {refused_, unreachable_, lost_}) {
    EXPECT_EQ(decided(removal(), status).verdict, Verdict::Retry) << status;
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

TEST(NeedsAction, WhereTimeAloneWillNotDo) {
  for (const absl::Status& status :
       {absl::UnauthenticatedError("password"), absl::ResourceExhaustedError("quota"),
        absl::NotFoundError("image"), absl::PermissionDeniedError("policy"),
        absl::FailedPreconditionError("catalog"),
        refusal(absl::StatusCode::kUnavailable, "no cloud", kCloudNotConfigured)}) {
    EXPECT_TRUE(needs_action(status)) << status;
  }
  for (const absl::Status& status :
       {absl::OkStatus(), absl::UnavailableError("no connection"), absl::InternalError("500"),
        absl::DeadlineExceededError("slow")}) {
    EXPECT_FALSE(needs_action(status)) << status;
  }
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
