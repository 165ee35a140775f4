// Ejection, return and what a change of the set keeps, in virtual time.

#include <gtest/gtest.h>

#include "proxy/balance/balance_fixture.h"

namespace mex::proxy::balance {
namespace {

using testing::BalanceTest;
using testing::seconds;

class OriginHealthTest : public BalanceTest {
 protected:
  void eject(std::size_t index) {
    fail(index, options_.ejection.consecutive_failures);
    ASSERT_EQ(availability(index), Availability::Ejected);
  }
  // The next request is the origin's trial.
  void expect_trial(std::size_t index) {
    const Pick trial = pick();
    ASSERT_EQ(trial.index, index);
    ASSERT_TRUE(trial.is_trial);
    end(trial);
  }
};

TEST_F(OriginHealthTest, FailuresInARowEjectAndASuccessBetweenThemDoesNot) {
  make({1, 1});
  fail(0, 2);
  report(0, Outcome::Success);
  fail(0, 2);
  EXPECT_EQ(availability(0), Availability::Healthy);
  fail(0, 1);
  EXPECT_EQ(availability(0), Availability::Ejected);
  EXPECT_EQ(count_picks(100)[0], 0);
  EXPECT_EQ(state(0).failures(), 5U);
  EXPECT_EQ(state(0).last_fault(), 7);
}

TEST_F(OriginHealthTest, ServerErrorsInARowEjectUnlessTurnedOff) {
  make({1, 1});
  for (int i = 0; i < 5; ++i) report(0, Outcome::ServerError);
  EXPECT_EQ(availability(0), Availability::Ejected);
  options_.ejection.consecutive_5xx = 0;
  make({1, 1});
  for (int i = 0; i < 100; ++i) report(1, Outcome::ServerError);
  EXPECT_EQ(availability(1), Availability::Healthy);
}

TEST_F(OriginHealthTest, ClientsThatLeaveSayNothing) {
  make({1, 1});
  for (int i = 0; i < 100; ++i) report(0, Outcome::Unknown);
  EXPECT_EQ(availability(0), Availability::Healthy);
}

TEST_F(OriginHealthTest, OneTrialBringsItBack) {
  make({1, 1});
  eject(0);
  now_ += seconds(10);
  EXPECT_EQ(availability(0), Availability::TrialDue);
  expect_trial(0);
  EXPECT_EQ(availability(0), Availability::Trial);
  EXPECT_EQ(count_picks(100)[0], 0) << "one trial at a time";
  report(0, Outcome::Success, true);
  EXPECT_EQ(availability(0), Availability::Healthy);
  expect_shares({1, 1});
}

TEST_F(OriginHealthTest, AFailedTrialEjectsForTwiceTheTimeUpToTheLongest) {
  make({1, 1});
  eject(0);
  for (const int expected : {10, 20, 40, 80, 160, 300, 300}) {
    EXPECT_EQ(state(0).ejected_until() - now_, seconds(expected));
    now_ = state(0).ejected_until() - std::chrono::milliseconds(1);
    EXPECT_EQ(availability(0), Availability::Ejected);
    now_ += std::chrono::milliseconds(1);
    expect_trial(0);
    report(0, Outcome::Failure, true);
  }
}

TEST_F(OriginHealthTest, AnOriginThatWasWellForLongIsEjectedForTheShortestTime) {
  make({1, 1});
  for (int i = 0; i < 3; ++i) {
    eject(0);
    now_ = state(0).ejected_until();
    expect_trial(0);
    report(0, Outcome::Success, true);
  }
  eject(0);
  EXPECT_EQ(state(0).ejected_until() - now_, seconds(80));
  now_ = state(0).ejected_until();
  expect_trial(0);
  report(0, Outcome::Success, true);
  now_ += seconds(161);
  eject(0);
  EXPECT_EQ(state(0).ejected_until() - now_, seconds(10));
}

TEST_F(OriginHealthTest, ATrialWhoseClientLeftIsFollowedByAnother) {
  make({1, 1});
  eject(0);
  now_ += seconds(10);
  expect_trial(0);
  report(0, Outcome::Unknown, true);
  expect_trial(0);
}

TEST_F(OriginHealthTest, AnswersToRequestsFromBeforeAnEjectionChangeNothing) {
  make({1, 1});
  eject(0);
  const auto until = state(0).ejected_until();
  now_ += seconds(1);
  fail(0, 100);
  report(0, Outcome::Success);
  EXPECT_EQ(state(0).ejected_until(), until);
  EXPECT_EQ(availability(0), Availability::Ejected);
}

TEST_F(OriginHealthTest, NoMoreThanTheAllowedShareIsEjected) {
  make({1, 1, 1, 1});
  for (const std::size_t index : {0U, 1U, 2U, 3U}) fail(index, 100);
  EXPECT_EQ(availability(0), Availability::Ejected);
  EXPECT_EQ(availability(1), Availability::Ejected);
  EXPECT_EQ(availability(2), Availability::Healthy);
  EXPECT_EQ(availability(3), Availability::Healthy);
}

TEST_F(OriginHealthTest, TheOnlyOriginIsNotEjected) {
  make({1});
  fail(0, 100);
  EXPECT_EQ(availability(0), Availability::Healthy);
}

TEST_F(OriginHealthTest, AKeyMakesATrialOnlyOfARequestThatLeadsThereAnyway) {
  options_.balance.policy = Policy::Sticky;
  make({1, 1});
  eject(0);
  now_ += seconds(10);
  EXPECT_EQ(pick_index({.sticky_id = "id-o1"}), 1U);
  EXPECT_EQ(availability(0), Availability::TrialDue);
  const Pick trial = pick({.sticky_id = "id-o0"});
  EXPECT_EQ(trial.index, 0U);
  EXPECT_TRUE(trial.is_trial);
}

TEST_F(OriginHealthTest, ASuccessOutOfNeedBringsBackWhatWasEjected) {
  options_.balance.panic_percent = 100;
  make({1, 1});
  eject(0);
  const Pick picked = pick({.tried = 0b10});
  ASSERT_TRUE(picked.is_trial);
  report(0, Outcome::Success, picked.is_trial);
  EXPECT_EQ(availability(0), Availability::Healthy);
}

TEST_F(OriginHealthTest, ChecksThatPassAgainEndAnEjection) {
  make({1, 1});
  eject(0);
  state(0).set_check(CheckResult::Failed, 3, 0, now_);
  EXPECT_EQ(availability(0), Availability::Failing);
  now_ += seconds(1);
  state(0).set_check(CheckResult::Passed, 0, 200, now_);
  EXPECT_EQ(availability(0), Availability::Healthy);
  EXPECT_EQ(state(0).available_since(), now_);
}

TEST_F(OriginHealthTest, AChangeOfTheSetKeepsWhatIsKnownOfOriginsThatStay) {
  make({1, 1, 1});
  eject(1);
  state(2).begin_request(0);
  options_.origins.erase(options_.origins.begin());
  options_.origins[0].weight = 7;
  add("http://o3");
  renew();
  EXPECT_EQ(availability(0), Availability::Ejected);
  EXPECT_EQ(state(0).failures(), 3U);
  EXPECT_EQ(state(1).in_flight(), 1);
  EXPECT_EQ(state(2).requests(), 0U);
}

}  // namespace
}  // namespace mex::proxy::balance
