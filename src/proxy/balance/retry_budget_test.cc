#include "proxy/balance/retry_budget.h"

#include <gtest/gtest.h>

namespace mex::proxy::balance {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(RetryBudgetTest, OriginsThatAllFailGetTheShareAndNoMore) {
  RetryBudget budget(20);
  base::SteadyTime now{std::chrono::hours(1)};
  int retries = 0;
  for (int request = 0; request < 10'000; ++request) {
    now += milliseconds(1);
    budget.on_request();
    for (int attempt = 0; attempt < 5; ++attempt) retries += budget.take(now) ? 1 : 0;
  }
  EXPECT_GE(retries, 2'000);
  EXPECT_LE(retries, 2'000 + 10 + 10) << "saved ones, and one a second";
}

TEST(RetryBudgetTest, FewRequestsMayBeRetriedAllTheSame) {
  RetryBudget budget(1);
  base::SteadyTime now{std::chrono::hours(1)};
  for (int request = 0; request < 100; ++request) {
    now += seconds(1);
    budget.on_request();
    EXPECT_TRUE(budget.take(now));
  }
}

TEST(RetryBudgetTest, SavedRetriesAreBounded) {
  RetryBudget budget(100);
  const base::SteadyTime now{std::chrono::hours(1)};
  for (int request = 0; request < 1'000'000; ++request) budget.on_request();
  int retries = 0;
  while (budget.take(now)) ++retries;
  EXPECT_EQ(retries, 10);
}

TEST(RetryBudgetTest, NoneWithoutABudget) {
  RetryBudget budget(0);
  budget.on_request();
  EXPECT_FALSE(budget.take(base::SteadyTime(std::chrono::hours(1))));
}

}  // namespace
}  // namespace mex::proxy::balance
