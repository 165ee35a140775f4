#include "cluster/observation/server_watch.h"

#include <gtest/gtest.h>

namespace mex::cluster {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(NextPause, IsShortAfterAChangeAndGrowsWithoutOne) {
  const Timing timing;
  const auto urgent = SweepInterest::Urgent;
  EXPECT_EQ(next_pause(timing, urgent, true, seconds(4), milliseconds(10)), timing.shortest_tick);
  EXPECT_EQ(next_pause(timing, urgent, false, milliseconds(400), milliseconds(10)),
            milliseconds(450));
  EXPECT_EQ(next_pause(timing, urgent, false, seconds(60), milliseconds(10)), timing.longest_tick);
}

TEST(NextPause, LeavesTheCloudTimeForOtherThings) {
  const Timing timing;
  EXPECT_EQ(next_pause(timing, SweepInterest::Urgent, true, milliseconds(300), seconds(1)),
            seconds(2));
  EXPECT_EQ(next_pause(timing, SweepInterest::Urgent, true, milliseconds(300), seconds(60)),
            timing.longest_tick);
}

TEST(NextPause, IsLongWhileNoOperationWaits) {
  const Timing timing;
  EXPECT_EQ(next_pause(timing, SweepInterest::Idle, true, milliseconds(300), milliseconds(1)),
            timing.idle_tick);
}

}  // namespace
}  // namespace mex::cluster
