#include "base/clock.h"

#include <gtest/gtest.h>

namespace mex::base {
namespace {

TEST(FormatRfc3339, IsUtcWithMilliseconds) {
  EXPECT_EQ(format_rfc3339(WallTime(std::chrono::milliseconds(1795353305123))),
            "2026-11-22T13:15:05.123Z");
  EXPECT_EQ(format_rfc3339(WallTime(std::chrono::milliseconds(0))), "1970-01-01T00:00:00.000Z");
}

TEST(ParseRfc3339, TakesEveryFormOfUtcAndOtherOffsets) {
  const WallTime time{std::chrono::milliseconds(1795353305123)};
  EXPECT_EQ(parse_rfc3339("2026-11-22T13:15:05.123Z"), time);
  EXPECT_EQ(parse_rfc3339("2026-11-22T13:15:05.1239Z"), time);
  EXPECT_EQ(parse_rfc3339("2026-11-22T15:15:05.123+02:00"), time);
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00Z"), WallTime());
  for (const char* bad : {"", "2026-11-22", "2026-13-22T13:15:05Z", "2026-11-22T13:15:05", "now"}) {
    EXPECT_EQ(parse_rfc3339(bad), std::nullopt) << bad;
  }
}

TEST(SystemClock, SteadyTimeDoesNotGoBack) {
  const SteadyTime first = system_clock().steady_now();
  EXPECT_LE(first, system_clock().steady_now());
}

}  // namespace
}  // namespace mex::base
