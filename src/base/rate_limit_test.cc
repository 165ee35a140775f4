#include "base/rate_limit.h"

#include <gtest/gtest.h>

namespace mex::base {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(RateLimitTest, ABurstPassesThenOneInEachInterval) {
  RateLimit limit(3, seconds(1));
  SteadyTime now{seconds(100)};
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(limit.allow(now)) << i;
  for (int i = 0; i < 20'000; ++i) EXPECT_FALSE(limit.allow(now)) << i;
  EXPECT_EQ(limit.take_suppressed(), 20'000U);
  EXPECT_EQ(limit.take_suppressed(), 0U);
  now += milliseconds(999);
  EXPECT_FALSE(limit.allow(now));
  now += milliseconds(1);
  EXPECT_TRUE(limit.allow(now));
  EXPECT_FALSE(limit.allow(now));
  EXPECT_EQ(limit.take_suppressed(), 2U);
}

TEST(RateLimitTest, AQuietTimeGivesNoMoreThanTheBurst) {
  RateLimit limit(2, seconds(1));
  SteadyTime now{seconds(100)};
  now += seconds(1'000'000);
  EXPECT_TRUE(limit.allow(now));
  EXPECT_TRUE(limit.allow(now));
  EXPECT_FALSE(limit.allow(now));
}

}  // namespace
}  // namespace mex::base
