#include "cluster/steps/timing.h"

#include <gtest/gtest.h>

namespace mex::cluster {
namespace {

TEST(DurationText, SaysNoLessThanItIs) {
  using namespace std::chrono;
  EXPECT_EQ(duration_text(milliseconds(1500)), "1500 milliseconds");
  EXPECT_EQ(duration_text(seconds(60)), "60 seconds");
  EXPECT_EQ(duration_text(seconds(90)), "90 seconds");
  EXPECT_EQ(duration_text(minutes(2)), "2 minutes");
  EXPECT_EQ(duration_text(seconds(901)), "901 seconds");
}

TEST(AtPace, ShortensWhatTheEngineChoosesAndLeavesCallsTheirTime) {
  const Timing usual;
  const Timing fast = at_pace(usual, 10);
  EXPECT_EQ(fast.vanished, usual.vanished / 10);
  EXPECT_EQ(fast.idle_tick, usual.idle_tick / 10);
  EXPECT_EQ(fast.late_answers, usual.late_answers / 10);
  EXPECT_EQ(fast.longest_retry, usual.longest_retry / 10);
  EXPECT_EQ(fast.call, usual.call);
  EXPECT_EQ(fast.drain, usual.drain);
}

TEST(AtPace, BelowOneIsForACloudThatIsSlow) {
  EXPECT_EQ(at_pace({}, 0.5).vanished, 2 * Timing().vanished);
  EXPECT_EQ(at_pace({}, 1).idle_tick, Timing().idle_tick);
}

}  // namespace
}  // namespace mex::cluster
