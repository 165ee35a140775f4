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

}  // namespace
}  // namespace mex::cluster
