#include "certificates/acme_schedule.h"

#include <gtest/gtest.h>

#include <set>

namespace mex::certificates {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr base::WallTime kBegin{hours(500'000)};
constexpr hours kLife{90 * 24};

TEST(AcmeSchedule, ACertificateIsDueAtTwoThirdsOfItsLifeAtTheLatest) {
  std::set<base::WallTime> moments;
  for (int i = 0; i < 100; ++i) {
    const base::WallTime due = renewal_time(kBegin, kBegin + kLife, std::to_string(i));
    EXPECT_LE(due, kBegin + hours(60 * 24));
    EXPECT_GE(due, kBegin + hours(57 * 24));
    moments.insert(due);
  }
  EXPECT_GT(moments.size(), 70U);
}

TEST(AcmeSchedule, TheMomentIsTheSameAfterARestart) {
  EXPECT_EQ(renewal_time(kBegin, kBegin + kLife, "ab"), renewal_time(kBegin, kBegin + kLife, "ab"));
  // Nor may another build move it.
  EXPECT_EQ(renewal_time(kBegin, kBegin + kLife, "ab") - kBegin,
            std::chrono::milliseconds(4'938'796'800));
}

TEST(AcmeSchedule, PausesGrowAndEnd) {
  EXPECT_EQ(pause_after(1), minutes(1));
  EXPECT_EQ(pause_after(2), minutes(5));
  EXPECT_EQ(pause_after(4), hours(1));
  EXPECT_EQ(pause_after(5), hours(2));
  EXPECT_EQ(pause_after(8), kMaxPause);
  EXPECT_EQ(pause_after(1'000'000), kMaxPause);
  EXPECT_EQ(pause_after(0), minutes(1));
}

TEST(AcmeSchedule, FailuresInARowStayWithinWhatAnAuthorityAllows) {
  OrderHistory history;
  base::WallTime now = kBegin;
  for (int failures = 1; failures <= 10; ++failures) {
    EXPECT_FALSE(allowed_at(history, now)) << failures;
    history.attempts.push_back(now);
    now += pause_after(failures);
  }
}

TEST(AcmeSchedule, FiveAttemptsAnHourAreAllowed) {
  OrderHistory history;
  for (int i = 0; i < 5; ++i) history.attempts.push_back(kBegin + minutes(i));
  EXPECT_EQ(allowed_at(history, kBegin + minutes(10)), kBegin + hours(1));
  EXPECT_FALSE(allowed_at(history, kBegin + hours(1)));
}

TEST(AcmeSchedule, FourCertificatesAWeekAreAllowed) {
  OrderHistory history;
  for (int i = 0; i < 5; ++i) history.successes.push_back(kBegin + hours(i));
  EXPECT_EQ(allowed_at(history, kBegin + hours(5)), kBegin + hours(7 * 24 + 1));
}

TEST(AcmeSchedule, WhatLiesAheadWasWrittenUnderAWrongClock) {
  OrderHistory history;
  for (int i = 0; i < 5; ++i) history.attempts.push_back(kBegin + hours(1000));
  EXPECT_FALSE(allowed_at(history, kBegin));
  drop_expired(history, kBegin);
  EXPECT_TRUE(history.attempts.empty());
}

TEST(AcmeSchedule, WhatIsOldIsForgotten) {
  OrderHistory history{{kBegin, kBegin + hours(2)}, {kBegin, kBegin + hours(2)}};
  drop_expired(history, kBegin + hours(2) + minutes(1));
  EXPECT_EQ(history.attempts.size(), 1U);
  EXPECT_EQ(history.successes.size(), 2U);
}

}  // namespace
}  // namespace mex::certificates
