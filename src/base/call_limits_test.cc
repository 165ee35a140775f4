#include "base/call_limits.h"

#include <gtest/gtest.h>

#include <thread>

namespace mex::base {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

SteadyTime in(milliseconds time) { return system_clock().steady_now() + time; }

TEST(CallLimitsTest, SleepLastsAsLongAsItShould) {
  const SteadyTime before = system_clock().steady_now();
  EXPECT_TRUE(sleep_for(milliseconds(5), CallLimits{in(hours(1))}).ok());
  EXPECT_TRUE(sleep_for(milliseconds(5), std::stop_token()));
  EXPECT_GE(system_clock().steady_now() - before, milliseconds(10));
}

TEST(CallLimitsTest, SleepEndsAtTheDeadline) {
  const CallLimits limits{in(milliseconds(5))};
  EXPECT_EQ(sleep_for(hours(1), limits).code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_GE(system_clock().steady_now(), limits.deadline);
}

TEST(CallLimitsTest, SleepEndsWhenItIsStopped) {
  std::stop_source stop;
  const std::jthread other([&] { stop.request_stop(); });
  EXPECT_EQ(sleep_for(hours(1), CallLimits{in(hours(2)), stop.get_token()}).code(),
            absl::StatusCode::kCancelled);
  EXPECT_FALSE(sleep_for(hours(1), stop.get_token()));
}

TEST(CallLimitsTest, TheSoonerDeadlineCounts) {
  const SteadyTime late = in(hours(2));
  EXPECT_LT(within(hours(1), {late}).deadline, late);
  EXPECT_EQ(within(hours(3), {late}).deadline, late);
}

}  // namespace
}  // namespace mex::base
