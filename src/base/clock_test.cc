#include "base/clock.h"

#include <gtest/gtest.h>

namespace mex::base {
namespace {

TEST(FormatRfc3339, IsUtcWithMilliseconds) {
  EXPECT_EQ(format_rfc3339(WallTime(std::chrono::milliseconds(1795353305123))),
            "2026-11-22T13:15:05.123Z");
  EXPECT_EQ(format_rfc3339(WallTime(std::chrono::milliseconds(0))), "1970-01-01T00:00:00.000Z");
}

TEST(SystemClock, SteadyTimeDoesNotGoBack) {
  const SteadyTime first = system_clock().steady_now();
  EXPECT_LE(first, system_clock().steady_now());
}

}  // namespace
}  // namespace mex::base
