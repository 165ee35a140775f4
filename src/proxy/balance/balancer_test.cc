#include "proxy/balance/balancer.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "proxy/balance/balance_fixture.h"

namespace mex::proxy::balance {
namespace {

using testing::BalanceTest;

class BalancerTest : public BalanceTest {
 protected:
  std::vector<std::size_t> keys_to_origins(int keys) {
    std::vector<std::size_t> origins;
    for (int key = 0; key < keys; ++key) {
      origins.push_back(pick_index({.hash = hash_of("client-" + std::to_string(key))}));
    }
    return origins;
  }
  static int moved(const std::vector<std::size_t>& before, const std::vector<std::size_t>& after) {
    int count = 0;
    for (std::size_t i = 0; i < before.size(); ++i) count += before[i] != after[i] ? 1 : 0;
    return count;
  }
};

TEST_F(BalancerTest, RoundRobinKeepsToTheWeightsAndMixesThem) {
  make({5, 1, 1});
  std::string order;
  for (int i = 0; i < 7; ++i) order += static_cast<char>('a' + pick_index());
  EXPECT_EQ(order, "aabacaa");
  expect_shares({5, 1, 1});
}

TEST_F(BalancerTest, EveryPolicyWithoutAKeyKeepsToTheWeights) {
  for (const Policy policy :
       {Policy::RoundRobin, Policy::LeastRequests, Policy::RandomOfTwo, Policy::Sticky}) {
    SCOPED_TRACE(base::to_word(policy));
    options_.balance.policy = policy;
    make({3, 2, 1});
    expect_shares({3, 2, 1});
  }
}

TEST_F(BalancerTest, HashKeepsToTheWeightsOverManyKeys) {
  options_.balance.policy = Policy::Hash;
  make({3, 2, 1});
  std::vector<int> counts(3);
  for (const std::size_t origin : keys_to_origins(60'000)) ++counts[origin];
  EXPECT_NEAR(counts[0], 30'000, 1'500);
  EXPECT_NEAR(counts[1], 20'000, 1'000);
  EXPECT_NEAR(counts[2], 10'000, 500);
}

TEST_F(BalancerTest, LeastRequestsGoesWhereFewestAreUnderWayForTheWeight) {
  options_.balance.policy = Policy::LeastRequests;
  make({2, 1});
  std::vector<Pick> open;
  for (int i = 0; i < 30; ++i) open.push_back(pick());
  EXPECT_EQ(state(0).in_flight(), 20);
  EXPECT_EQ(state(1).in_flight(), 10);
  for (const Pick& each : open) {
    if (each.index == 1) end(each);
  }
  EXPECT_EQ(pick().index, 1U);
}

TEST_F(BalancerTest, TheBetterOfTwoIsNeverTheBusiest) {
  options_.balance.policy = Policy::RandomOfTwo;
  make({1, 1, 1});
  for (int i = 0; i < 50; ++i) state(1).begin_request(0);
  EXPECT_EQ(count_picks(1000)[1], 0);
}

TEST_F(BalancerTest, AnOriginThatGoesMovesOnlyItsOwnKeys) {
  options_.balance.policy = Policy::Hash;
  make({1, 1, 1, 1, 1});
  const auto before = keys_to_origins(10'000);
  fail(2, options_.ejection.consecutive_failures);
  ASSERT_EQ(availability(2), Availability::Ejected);
  const auto during = keys_to_origins(10'000);
  for (std::size_t key = 0; key < before.size(); ++key) {
    if (before[key] != 2) {
      ASSERT_EQ(during[key], before[key]);
    } else {
      ASSERT_NE(during[key], 2U);
    }
  }
  EXPECT_LE(moved(before, during), 10'000 / 5 + 500);
}

TEST_F(BalancerTest, AnOriginThatComesMovesAFairShareOfTheKeys) {
  options_.balance.policy = Policy::Hash;
  make({1, 1, 1, 1});
  const auto before = keys_to_origins(10'000);
  // In front of the others: the place in the list says nothing.
  options_.origins.insert(options_.origins.begin(), {"http://new", 1, "id-new"});
  renew();
  int moved_keys = 0;
  const auto after = keys_to_origins(10'000);
  for (std::size_t key = 0; key < before.size(); ++key) {
    if (after[key] == 0) {
      ++moved_keys;
    } else {
      ASSERT_EQ(after[key] - 1, before[key]) << "moved between origins that stay";
    }
  }
  EXPECT_GT(moved_keys, 10'000 / 5 - 500);
  EXPECT_LE(moved_keys, 10'000 / 5 + 500);
}

TEST_F(BalancerTest, ARequestWithoutAKeyGoesInTurn) {
  options_.balance.policy = Policy::Hash;
  make({1, 1});
  expect_shares({1, 1});
}

TEST_F(BalancerTest, ACookieBindsToItsOriginAsLongAsThatIsHealthy) {
  options_.balance.policy = Policy::Sticky;
  make({1, 1, 1});
  for (int i = 0; i < 10; ++i) EXPECT_EQ(pick_index({.sticky_id = "id-o1"}), 1U);
  fail(1, options_.ejection.consecutive_failures);
  for (int i = 0; i < 10; ++i) EXPECT_NE(pick_index({.sticky_id = "id-o1"}), 1U);
}

TEST_F(BalancerTest, ACookieThatNamesNoOriginIsAsNone) {
  options_.balance.policy = Policy::Sticky;
  make({1, 1});
  for (const std::string_view id : {"", "http://o1", "o1", "127.0.0.1:80", "id-o1x"}) {
    EXPECT_EQ(pick_index({.sticky_id = id}) + pick_index({.sticky_id = id}), 1U) << id;
  }
}

TEST_F(BalancerTest, AnOriginOfWeightZeroKeepsItsSessionsAndGetsNoOthers) {
  options_.balance.policy = Policy::Sticky;
  make({1, 0});
  EXPECT_EQ(count_picks(100)[1], 0);
  EXPECT_EQ(pick_index({.sticky_id = "id-o1"}), 1U);
}

TEST_F(BalancerTest, WhatWasTriedIsNotTriedAgain) {
  make({1, 1, 1});
  EXPECT_EQ(pick_index({.tried = 0b011}), 2U);
  EXPECT_EQ(pick({.tried = 0b111}).result, Pick::Result::None);
}

TEST_F(BalancerTest, AFullOriginIsPassedOverAndAFullSetSaysSo) {
  options_.limits.max_requests = 2;
  make({1, 1});
  std::vector<Pick> open;
  for (int i = 0; i < 4; ++i) open.push_back(pick());
  EXPECT_EQ(state(0).in_flight(), 2);
  EXPECT_EQ(state(1).in_flight(), 2);
  EXPECT_EQ(pick().result, Pick::Result::Full);
  end(open[0]);
  EXPECT_EQ(pick().index, open[0].index);
  EXPECT_EQ(state(0).in_flight() + state(1).in_flight(), 4) << "a refused request is not counted";
}

TEST_F(BalancerTest, AllAreUsedWhenTooFewAreHealthy) {
  options_.balance.panic_percent = 50;
  make({1, 1, 1, 1});
  const auto use_checks = [this](std::size_t index, CheckResult result) {
    state(index).set_check(result, 0, 503, now_);
  };
  use_checks(0, CheckResult::Failed);
  use_checks(1, CheckResult::Failed);
  EXPECT_EQ(count_picks(100)[0], 0) << "half of them are enough";
  use_checks(2, CheckResult::Failed);
  expect_shares({1, 1, 1, 1});
  use_checks(2, CheckResult::Passed);
  EXPECT_EQ(count_picks(100)[0], 0);
}

TEST_F(BalancerTest, WithoutAnyHealthyOriginAllAreUsed) {
  options_.balance.panic_percent = 0;
  make({1, 1});
  for (const std::size_t index : {0U, 1U}) state(index).set_check(CheckResult::Failed, 0, 0, now_);
  const Pick picked = pick();
  EXPECT_EQ(picked.result, Pick::Result::Found);
  EXPECT_TRUE(picked.is_trial);
}

TEST_F(BalancerTest, AnOriginThatCameBackGetsItsShareStepByStep) {
  options_.balance.slow_start = testing::seconds(100);
  make({1, 1});
  expect_shares({1, 1});
  state(1).set_check(CheckResult::Failed, 0, 0, now_);
  state(1).set_check(CheckResult::Passed, 0, 0, now_);
  expect_shares({10, 1});
  now_ += testing::seconds(50);
  expect_shares({2, 1});
  now_ += testing::seconds(50);
  expect_shares({1, 1});
}

TEST_F(BalancerTest, AnOriginThatJoinsOthersStartsSlowly) {
  options_.balance.slow_start = testing::seconds(100);
  make({1});
  add("http://o1");
  renew();
  expect_shares({10, 1});
}

TEST_F(BalancerTest, ShardsBeginWithDifferentOrigins) {
  make({1, 1, 1});
  for (std::size_t shard = 0; shard < 3; ++shard) {
    Balancer other(*group_, shard);
    EXPECT_EQ(other.pick({.now = now_}).index, shard);
  }
}

TEST_F(BalancerTest, AsManyOriginsAsAreAllowed) {
  make(std::vector<int>(kMaxOrigins, 1));
  expect_shares(std::vector<int>(kMaxOrigins, 1));
}

}  // namespace
}  // namespace mex::proxy::balance
