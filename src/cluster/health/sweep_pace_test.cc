#include "cluster/health/sweep_pace.h"

#include <gtest/gtest.h>

#include <set>

namespace mex::cluster {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kInterval{10};

class SweepPaceTest : public testing::Test {
 protected:
  milliseconds answered() {
    return pace_.pause_after({.is_answered = true, .interval = kInterval});
  }
  milliseconds unanswered() { return pace_.pause_after({.interval = kInterval}); }
  milliseconds awaited(bool is_answered, bool is_changed) {
    return pace_.pause_after({.is_answered = is_answered,
                              .is_awaited = true,
                              .is_changed = is_changed,
                              .interval = kInterval});
  }

  Timing timing_;
  SweepPace pace_{timing_, 0};
};

TEST_F(SweepPaceTest, AServerThatAnswersIsAskedAtTheFlavorsInterval) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(answered(), kInterval);
  EXPECT_FALSE(pace_.is_silent());
}

TEST_F(SweepPaceTest, ASilentServerIsAskedEverMoreSeldom) {
  milliseconds least = kInterval;
  for (int i = 0; i < 10; ++i) {
    const milliseconds pause = unanswered();
    EXPECT_GE(pause, least);
    EXPECT_LE(pause, least + least / 5);
    EXPECT_TRUE(pace_.is_silent());
    least = std::min<milliseconds>(2 * least, timing_.silent_tick);
  }
  EXPECT_EQ(least, timing_.silent_tick);
}

TEST_F(SweepPaceTest, OneAnswerIsEnoughToBeAskedAsBefore) {
  for (int i = 0; i < 10; ++i) unanswered();
  EXPECT_EQ(answered(), kInterval);
  EXPECT_LE(unanswered(), kInterval + kInterval / 5);
}

TEST_F(SweepPaceTest, ServersThatBecameSilentTogetherAreNotAskedTogether) {
  std::set<milliseconds> pauses;
  for (std::size_t seed = 0; seed < 100; ++seed) {
    pauses.insert(SweepPace(timing_, seed).pause_after({.interval = kInterval}));
  }
  EXPECT_GT(pauses.size(), 50U);
}

TEST_F(SweepPaceTest, AnIntervalLongerThanThatOfSilentServersIsKept) {
  for (int i = 0; i < 5; ++i) {
    EXPECT_GE(pace_.pause_after({.interval = std::chrono::minutes(10)}), std::chrono::minutes(10));
  }
}

// Whether it answers or not: a machine that boots is silent, too.
TEST_F(SweepPaceTest, WhatAnOperationWaitsForIsSeenAnEighthLateAtMost) {
  for (const bool is_answered : {true, false}) {
    SweepPace pace(timing_, 0);
    milliseconds waited{0};
    for (int i = 0; i < 200; ++i) {
      const milliseconds pause =
          pace.pause_after({.is_answered = is_answered, .is_awaited = true, .interval = kInterval});
      EXPECT_LE(pause, timing_.kubernetes_tick + waited / 8);
      EXPECT_LE(pause, timing_.longest_kubernetes_tick);
      waited += pause;
    }
  }
}

TEST_F(SweepPaceTest, AnOperationThatGoesOnIsLookedAtOftenAgain) {
  for (int i = 0; i < 50; ++i) awaited(true, false);
  EXPECT_EQ(awaited(true, false), timing_.longest_kubernetes_tick);
  EXPECT_EQ(awaited(true, true), timing_.kubernetes_tick);
  for (int i = 0; i < 50; ++i) awaited(true, false);
  answered();
  EXPECT_EQ(awaited(true, false), timing_.kubernetes_tick) << "another operation";
}

// The back-off goes on where the operation began; it is not asked often for nothing.
TEST_F(SweepPaceTest, AServerThatWasSilentForAnOperationIsAskedSeldomAfterIt) {
  for (int i = 0; i < 20; ++i) EXPECT_LE(awaited(false, false), timing_.longest_kubernetes_tick);
  EXPECT_GE(unanswered(), timing_.silent_tick);
}

}  // namespace
}  // namespace mex::cluster
