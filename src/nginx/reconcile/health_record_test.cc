#include "nginx/reconcile/health_record.h"

#include <gtest/gtest.h>

namespace mex::nginx {
namespace {

base::WallTime at(int second) { return base::WallTime(std::chrono::seconds(second)); }

class HealthRecordTest : public ::testing::Test {
 protected:
  bool note(const char* problem) { return record_.note(problem, check_, at(++second_)); }

  HealthRecord record_;
  HealthCheck check_{.path = "",
                     .status = 0,
                     .interval = std::chrono::seconds(1),
                     .timeout = std::chrono::seconds(1),
                     .rise = 2,
                     .fall = 3};
  int second_ = 0;
};

TEST_F(HealthRecordTest, IsUpUntilItIsKnown) {
  EXPECT_TRUE(record_.is_up());
  EXPECT_FALSE(record_.is_known());
}

TEST_F(HealthRecordTest, TheFirstAttemptDecides) {
  EXPECT_TRUE(note("refused"));
  EXPECT_FALSE(record_.is_up());
  EXPECT_EQ(record_.problem(), "refused");
  EXPECT_EQ(record_.since(), at(1));
}

TEST_F(HealthRecordTest, FallsAfterThreeInARow) {
  EXPECT_FALSE(note(""));
  EXPECT_FALSE(note("x"));
  EXPECT_FALSE(note("x"));
  EXPECT_FALSE(note(""));
  EXPECT_FALSE(note("x"));
  EXPECT_FALSE(note("x"));
  EXPECT_TRUE(record_.is_up());
  EXPECT_EQ(record_.since(), at(1));
  EXPECT_TRUE(note("x"));
  EXPECT_FALSE(record_.is_up());
  EXPECT_EQ(record_.since(), at(7));
}

TEST_F(HealthRecordTest, RisesAfterTwoInARow) {
  note("x");
  EXPECT_FALSE(note(""));
  EXPECT_FALSE(note("x"));
  EXPECT_FALSE(note(""));
  EXPECT_TRUE(note(""));
  EXPECT_TRUE(record_.is_up());
  EXPECT_EQ(record_.problem(), "");
}

}  // namespace
}  // namespace mex::nginx
