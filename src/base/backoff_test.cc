#include "base/backoff.h"

#include <gtest/gtest.h>

namespace mex::base {
namespace {

using std::chrono::milliseconds;

TEST(BackoffTest, PausesDoubleUpToTheGreatest) {
  const Backoff backoff{.first = milliseconds(200), .max = milliseconds(1000)};
  EXPECT_EQ(pause_after(0, backoff), milliseconds(200));
  EXPECT_EQ(pause_after(1, backoff), milliseconds(200));
  EXPECT_EQ(pause_after(2, backoff), milliseconds(400));
  EXPECT_EQ(pause_after(3, backoff), milliseconds(800));
  EXPECT_EQ(pause_after(4, backoff), milliseconds(1000));
  EXPECT_EQ(pause_after(1'000'000'000, backoff), milliseconds(1000));
}

TEST(BackoffTest, JitterSpreadsThem) {
  const Backoff shorter{.first = milliseconds(200), .max = milliseconds(1000), .spread = -0.5};
  EXPECT_EQ(pause_after(1, shorter, 0.0), milliseconds(200));
  EXPECT_EQ(pause_after(1, shorter, 1.0), milliseconds(100));
  const Backoff longer{.first = milliseconds(200), .max = milliseconds(1000), .spread = 0.2};
  EXPECT_EQ(pause_after(9, longer, 0.5), milliseconds(1100));
  EXPECT_EQ(pause_after(9, longer, 1.0), milliseconds(1200));
}

TEST(BackoffTest, RandomJitterStaysWithinItsBounds) {
  for (int i = 0; i < 100; ++i) {
    const double jitter = random_jitter();
    EXPECT_GE(jitter, 0.0);
    EXPECT_LT(jitter, 1.0);
  }
}

}  // namespace
}  // namespace mex::base
