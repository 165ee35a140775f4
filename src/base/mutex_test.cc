#include "base/mutex.h"

#include <gtest/gtest.h>

#include <chrono>
#include <stop_token>
#include <thread>
#include <vector>

namespace mex::base {
namespace {

struct Counter {
  void increment() {
    {
      const MutexLock lock(mutex);
      ++value;
    }
    changed.notify_all();
  }

  Mutex mutex;
  CondVar changed;
  int value ABSL_GUARDED_BY(mutex) = 0;
};

TEST(Mutex, KeepsThreadsApart) {
  constexpr int kThreads = 4;
  constexpr int kIncrements = 1000;
  Counter counter;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] {
        for (int j = 0; j < kIncrements; ++j) counter.increment();
      });
    }
  }
  const MutexLock lock(counter.mutex);
  EXPECT_EQ(counter.value, kThreads * kIncrements);
}

TEST(MutexLock, CanBeOpenedForACallThatTakesTheMutexItself) {
  Counter counter;
  MutexLock lock(counter.mutex);
  lock.unlock();
  counter.increment();
  lock.lock();
  EXPECT_EQ(counter.value, 1);
}

TEST(CondVar, WaitsForTheCondition) {
  Counter counter;
  const std::jthread other([&] { counter.increment(); });
  MutexLock lock(counter.mutex);
  counter.changed.wait(lock, [&] {
    counter.mutex.assert_held();
    return counter.value == 1;
  });
  EXPECT_EQ(counter.value, 1);
}

TEST(CondVar, AStopEndsAWaitWhoseConditionNeverHolds) {
  Counter counter;
  std::stop_source stop;
  const std::jthread other([&] { stop.request_stop(); });
  MutexLock lock(counter.mutex);
  EXPECT_FALSE(counter.changed.wait(lock, stop.get_token(), [] { return false; }));
  EXPECT_FALSE(counter.changed.wait_until(
      lock, stop.get_token(), std::chrono::steady_clock::time_point::max(), [] { return false; }));
}

TEST(CondVar, ADeadlineEndsAWait) {
  Counter counter;
  MutexLock lock(counter.mutex);
  EXPECT_FALSE(
      counter.changed.wait_until(lock, std::chrono::steady_clock::now(), [] { return false; }));
}

}  // namespace
}  // namespace mex::base
