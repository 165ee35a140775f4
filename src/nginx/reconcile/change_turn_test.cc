#include "nginx/reconcile/change_turn.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace mex::nginx {
namespace {

using std::chrono::milliseconds;

// The compiler cannot follow a lock through the macros of a test.
bool take(ChangeTurn& turn, milliseconds time) ABSL_NO_THREAD_SAFETY_ANALYSIS {
  return turn.try_lock_for(time);
}
void give_back(ChangeTurn& turn) ABSL_NO_THREAD_SAFETY_ANALYSIS { turn.unlock(); }

TEST(ChangeTurnTest, WhoWaitsTooLongLeaves) {
  ChangeTurn turn;
  ASSERT_TRUE(take(turn, milliseconds(0)));
  std::thread other([&] { EXPECT_FALSE(take(turn, milliseconds(20))); });
  other.join();
  give_back(turn);
  ASSERT_TRUE(take(turn, milliseconds(0)));
  give_back(turn);
}

// A mutex is not fair: who gives it back and takes it again at once keeps the others out.
TEST(ChangeTurnTest, WhoTakesItAgainAndAgainLetsTheOthersIn) {
  ChangeTurn turn;
  bool has_had_it = false;
  turn.lock();
  std::thread other([&] {
    const ChangeHold hold(turn);
    has_had_it = true;
  });
  for (;;) {
    turn.unlock();
    turn.lock();
    if (has_had_it) break;
    std::this_thread::yield();
  }
  turn.unlock();
  other.join();
}

TEST(ChangeTurnTest, AHoldHasGaps) {
  ChangeTurn turn;
  {
    ChangeHold hold(turn);
    hold.unlock();
    ASSERT_TRUE(take(turn, milliseconds(0)));
    give_back(turn);
    hold.lock();
    std::thread other([&] { EXPECT_FALSE(take(turn, milliseconds(0))); });
    other.join();
  }
  ASSERT_TRUE(take(turn, milliseconds(0)));
  give_back(turn);
}

TEST(ChangesUnderWayTest, AnInstanceIsClaimedOnceAtATime) {
  ChangesUnderWay changes;
  {
    const auto first = changes.claim("a");
    ASSERT_TRUE(first);
    EXPECT_FALSE(changes.claim("a"));
    EXPECT_TRUE(changes.claim("b"));
  }
  EXPECT_TRUE(changes.claim("a"));
}

}  // namespace
}  // namespace mex::nginx
