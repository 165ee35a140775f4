#include "cluster/observation/timer_thread.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <mutex>
#include <vector>

namespace mex::cluster {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;

TEST(TimerThread, CallsInTheOrderOfTheTimes) {
  TimerThread timer(base::system_clock());
  std::mutex mutex;
  std::vector<int> calls;
  std::promise<void> done;
  const auto note = [&](int number) {
    const std::lock_guard lock(mutex);
    calls.push_back(number);
  };
  timer.call_after(milliseconds(12), [&] {
    note(3);
    done.set_value();
  });
  timer.call_after(milliseconds(6), [&] { note(2); });
  timer.call_after(milliseconds(0), [&] { note(1); });
  done.get_future().wait();
  EXPECT_THAT(calls, ElementsAre(1, 2, 3));
}

TEST(TimerThread, MayBeUsedFromItsOwnThread) {
  TimerThread timer(base::system_clock());
  std::promise<void> done;
  timer.call_after(milliseconds(0),
                   [&] { timer.call_after(milliseconds(0), [&] { done.set_value(); }); });
  done.get_future().wait();
}

TEST(TimerThread, DropsWhatIsWaitingAtTheEnd) {
  bool was_called = false;
  {
    TimerThread timer(base::system_clock());
    timer.call_after(std::chrono::hours(1), [&] { was_called = true; });
    timer.stop();
    timer.call_after(milliseconds(0), [&] { was_called = true; });
    timer.stop();
  }
  EXPECT_FALSE(was_called);
}

}  // namespace
}  // namespace mex::cluster
