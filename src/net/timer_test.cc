#include "net/timer.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <vector>

namespace mex::net {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

class TimerTest : public ::testing::Test {
 protected:
  void pass(std::chrono::nanoseconds time) {
    now_ += time;
    wheel_.set_now(now_);
    wheel_.fire_due();
  }

  base::SteadyTime now_{hours(5)};
  TimerWheel wheel_{now_};
  int fired_ = 0;
  Timer timer_{wheel_, [this] { ++fired_; }};
};

TEST_F(TimerTest, FiresOnceNeverEarlyAndWithinATick) {
  timer_.arm(seconds(10));
  pass(milliseconds(9'999));
  EXPECT_EQ(fired_, 0);
  pass(milliseconds(1) + TimerWheel::kTick);
  EXPECT_EQ(fired_, 1);
  EXPECT_FALSE(timer_.armed());
  pass(hours(1));
  EXPECT_EQ(fired_, 1);
}

TEST_F(TimerTest, ZeroAndNegativeDelaysFireAtTheNextTick) {
  timer_.arm(milliseconds(0));
  pass(milliseconds(0));
  EXPECT_EQ(fired_, 0);
  pass(TimerWheel::kTick);
  EXPECT_EQ(fired_, 1);
  timer_.arm(seconds(-5));
  pass(TimerWheel::kTick);
  EXPECT_EQ(fired_, 2);
}

TEST_F(TimerTest, ALaterArmingPostpones) {
  timer_.arm(seconds(1));
  pass(milliseconds(500));
  timer_.arm(seconds(10));
  pass(seconds(9));
  EXPECT_EQ(fired_, 0);
  pass(seconds(2));
  EXPECT_EQ(fired_, 1);
}

TEST_F(TimerTest, AnEarlierArmingHastens) {
  timer_.arm(hours(10));
  timer_.arm(milliseconds(20));
  pass(milliseconds(40));
  EXPECT_EQ(fired_, 1);
  pass(hours(11));
  EXPECT_EQ(fired_, 1);
}

TEST_F(TimerTest, DisarmedDoesNotFireAndMayBeArmedAgain) {
  timer_.arm(seconds(1));
  timer_.disarm();
  pass(seconds(5));
  EXPECT_EQ(fired_, 0);
  timer_.arm(seconds(1));
  timer_.disarm();
  timer_.arm(seconds(2));
  pass(seconds(3));
  EXPECT_EQ(fired_, 1);
}

TEST_F(TimerTest, SurvivesLongJumpsAndDelaysBeyondTheWheel) {
  timer_.arm(hours(100));
  pass(hours(99));
  EXPECT_EQ(fired_, 0);
  pass(hours(2));
  EXPECT_EQ(fired_, 1);
}

TEST_F(TimerTest, MayBeArmedWhileFiring) {
  std::unique_ptr<Timer> ticker;
  int ticks = 0;
  ticker = std::make_unique<Timer>(wheel_, [&] {
    if (++ticks < 3) ticker->arm(seconds(1));
  });
  ticker->arm(seconds(1));
  for (int i = 0; i < 10; ++i) pass(seconds(1) + TimerWheel::kTick);
  EXPECT_EQ(ticks, 3);
}

TEST_F(TimerTest, MayDestroyOneThatIsDueInTheSameTick) {
  auto first = std::unique_ptr<Timer>();
  auto second = std::unique_ptr<Timer>();
  int calls = 0;
  first = std::make_unique<Timer>(wheel_, [&] {
    ++calls;
    second.reset();
  });
  second = std::make_unique<Timer>(wheel_, [&] {
    ++calls;
    first.reset();
  });
  first->arm(seconds(1));
  second->arm(seconds(1));
  pass(seconds(2));
  EXPECT_EQ(calls, 1);
}

TEST_F(TimerTest, WakeupIsNeverLaterThanTheFiring) {
  EXPECT_FALSE(wheel_.next_wakeup().has_value());
  timer_.arm(seconds(100));
  int wakeups = 0;
  while (fired_ == 0) {
    ASSERT_TRUE(wheel_.next_wakeup().has_value());
    const base::SteadyTime next = *wheel_.next_wakeup();
    ASSERT_GT(next, now_);
    pass(next - now_);
    ++wakeups;
  }
  EXPECT_LE(now_, base::SteadyTime(hours(5)) + seconds(100) + TimerWheel::kTick);
  EXPECT_LE(wakeups, 3) << "once for each level on the way down";
}

// The oracle: every timer fires in the first step that reaches its deadline rounded up to a tick.
TEST_F(TimerTest, RandomArmingsAgreeWithANaiveModel) {
  struct Entry {
    std::unique_ptr<Timer> timer;
    base::SteadyTime deadline{};
    bool expected = false;
    int fired = 0;
    int should_have_fired = 0;
  };
  std::mt19937 random(7);
  std::vector<Entry> entries(200);
  for (Entry& entry : entries) {
    entry.timer = std::make_unique<Timer>(wheel_, [&entry] { ++entry.fired; });
  }
  const auto in_range = [&random](int from, int to) {
    return std::uniform_int_distribution<int>(from, to)(random);
  };
  for (int step = 0; step < 20'000; ++step) {
    Entry& entry = entries[static_cast<std::size_t>(in_range(0, 199))];
    if (in_range(0, 3) == 0) {
      entry.timer->disarm();
      entry.expected = false;
    } else {
      const milliseconds delay(in_range(0, 1) == 0 ? in_range(0, 600) : in_range(0, 4'000'000));
      entry.timer->arm(delay);
      entry.deadline = now_ + delay;
      entry.expected = true;
    }
    if (in_range(0, 9) != 0) continue;
    pass(milliseconds(in_range(0, 20) == 0 ? in_range(0, 1'000'000) : in_range(0, 300)));
    for (Entry& checked : entries) {
      // Within the one tick after the deadline both are right.
      const bool late = checked.deadline + TimerWheel::kTick <= now_;
      const bool due = checked.deadline <= now_ && !checked.timer->armed();
      if (checked.expected && (late || due)) {
        ++checked.should_have_fired;
        checked.expected = false;
      }
      ASSERT_EQ(checked.fired, checked.should_have_fired) << "step " << step;
    }
  }
}

}  // namespace
}  // namespace mex::net
