#include "cluster/engine/lost_calls.h"

#include <gtest/gtest.h>

#include "cluster/observation/virtual_time.h"

namespace mex::cluster {
namespace {

using std::chrono::seconds;

class LostCallsTest : public testing::Test {
 protected:
  static StepDecision lost(bool can_come_late) {
    return {.verdict = Verdict::LookAgain,
            .pause = seconds(0),
            .is_unknown = true,
            .can_come_late = can_come_late};
  }
  void wait(seconds duration) {
    time_.call_after(duration, [] {});
    time_.run_next();
  }
  bool is_unknown() const { return calls_.can_come_late(cluster_); }

  VirtualTime time_;
  Timing timing_;
  LostCalls calls_{time_, timing_};
  OperationRecord operation_;
  ClusterRecord cluster_;
};

TEST_F(LostCallsTest, WhatWasNotLostMayBeSent) {
  calls_.begin(operation_, cluster_);
  EXPECT_FALSE(calls_.is_open("network"));
  EXPECT_TRUE(calls_.may_repeat("network"));
  EXPECT_FALSE(is_unknown());
}

TEST_F(LostCallsTest, ALostCallIsNotRepeatedBeforeItHadItsTime) {
  calls_.add("network", lost(true), cluster_);
  EXPECT_TRUE(calls_.is_open("network"));
  EXPECT_FALSE(calls_.may_repeat("network"));
  EXPECT_TRUE(is_unknown());
  wait(seconds(8));
  EXPECT_TRUE(calls_.may_repeat("network"));
  wait(seconds(17));
  EXPECT_FALSE(is_unknown());
}

TEST_F(LostCallsTest, OneThatWasAnsweredHalfWayIsRepeatedAtOnceIfNothingIsSeen) {
  calls_.add("server worker-1", lost(false), cluster_);
  EXPECT_TRUE(calls_.is_open("server worker-1"));
  EXPECT_TRUE(calls_.may_repeat("server worker-1"));
  EXPECT_FALSE(is_unknown());
}

TEST_F(LostCallsTest, WhenTheEffectOfTheOnlyCallIsFoundNothingIsAwaited) {
  calls_.add("network", lost(true), cluster_);
  calls_.resolve("network", cluster_);
  EXPECT_FALSE(calls_.is_open("network"));
  EXPECT_FALSE(cluster_.unknown_until);
}

TEST_F(LostCallsTest, OfACallThatWasRepeatedOneMayStillComeLate) {
  calls_.add("network", lost(true), cluster_);
  wait(seconds(8));
  EXPECT_TRUE(calls_.may_repeat("network"));
  calls_.resolve("network", cluster_);
  EXPECT_TRUE(is_unknown());
}

TEST_F(LostCallsTest, AnotherOpenCallIsStillAwaited) {
  calls_.add("network", lost(true), cluster_);
  calls_.add("security group", lost(true), cluster_);
  calls_.resolve("network", cluster_);
  EXPECT_TRUE(is_unknown());
  calls_.resolve("security group", cluster_);
  EXPECT_FALSE(is_unknown());
}

TEST_F(LostCallsTest, AnIntentOfAnEarlierProcessIsOpen) {
  StepView& step = operation_.steps.emplace_back();
  step.name = "ports";
  step.attempts = 1;
  step.outcome_unknown = true;
  calls_.begin(operation_, cluster_);
  EXPECT_TRUE(calls_.is_open("ports"));
  EXPECT_TRUE(is_unknown());
  calls_.resolve("ports", cluster_);
  EXPECT_FALSE(cluster_.unknown_until);
}

TEST_F(LostCallsTest, WhatAnEarlierOperationLeftOpenIsAwaitedWhateverIsFound) {
  cluster_.unknown_until = time_.wall_now() + seconds(20);
  calls_.begin(operation_, cluster_);
  calls_.add("network", lost(true), cluster_);
  calls_.resolve("network", cluster_);
  EXPECT_TRUE(is_unknown());
}

TEST_F(LostCallsTest, WhileOneIsOpenItMayBeInTheWayOfOthers) {
  EXPECT_FALSE(calls_.may_be_in_the_way(cluster_));
  calls_.add("network", lost(true), cluster_);
  EXPECT_TRUE(calls_.may_be_in_the_way(cluster_));
  calls_.resolve("network", cluster_);
  EXPECT_FALSE(calls_.may_be_in_the_way(cluster_));
  calls_.add_repeatable();
  EXPECT_TRUE(calls_.may_be_in_the_way(cluster_));
  EXPECT_FALSE(cluster_.unknown_until);
  wait(seconds(90));
  EXPECT_FALSE(calls_.may_be_in_the_way(cluster_));
}

TEST_F(LostCallsTest, AtAnyPaceACallMayBeInTheWayAsLongAsTheCloudMayTakeForIt) {
  timing_ = at_pace(timing_, 10);
  calls_.add("ports", lost(true), cluster_);
  wait(seconds(89));
  EXPECT_FALSE(is_unknown());
  EXPECT_TRUE(calls_.may_be_in_the_way(cluster_));
  wait(seconds(1));
  EXPECT_FALSE(calls_.may_be_in_the_way(cluster_));
}

TEST_F(LostCallsTest, WhatAnEarlierProcessHadUnderWayMayBeInTheWay) {
  StepView& step = operation_.steps.emplace_back();
  step.name = "router interface";
  step.attempts = 1;
  calls_.begin(operation_, cluster_);
  EXPECT_TRUE(calls_.may_be_in_the_way(cluster_));
  step.ended = time_.wall_now();
  calls_.begin(operation_, cluster_);
  EXPECT_FALSE(calls_.may_be_in_the_way(cluster_));
}

TEST_F(LostCallsTest, AWallClockThatIsSetNeitherHastensNorDelaysTheEnd) {
  calls_.begin(operation_, cluster_);
  calls_.add("network", lost(true), cluster_);
  time_.shift_wall_clock(std::chrono::hours(1));
  wait(seconds(24));
  EXPECT_TRUE(is_unknown());
  time_.shift_wall_clock(std::chrono::hours(-2));
  wait(seconds(1));
  EXPECT_FALSE(is_unknown());
}

TEST_F(LostCallsTest, AnotherProcessLetsAllOfTheTimePass) {
  cluster_.unknown_until = time_.wall_now() - std::chrono::hours(1);
  calls_.begin(operation_, cluster_);
  EXPECT_EQ(calls_.time_left(cluster_), timing_.late_answers);
  wait(seconds(20));
  calls_.begin(operation_, cluster_);
  EXPECT_EQ(calls_.time_left(cluster_), seconds(5)) << "another operation of the same process";
}

TEST_F(LostCallsTest, ACallIsOpenAgainWhenWhatItMadeIsGone) {
  calls_.add("network", lost(true), cluster_);
  calls_.resolve("network", cluster_);
  calls_.reopen(cluster_);
  EXPECT_TRUE(is_unknown());
  calls_.replan([](std::string_view) { return false; }, cluster_);
  EXPECT_TRUE(calls_.is_open("network"));
  calls_.replan([](std::string_view) { return true; }, cluster_);
  EXPECT_FALSE(cluster_.unknown_until);
}

}  // namespace
}  // namespace mex::cluster
