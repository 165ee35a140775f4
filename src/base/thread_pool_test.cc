#include "base/thread_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>

namespace mex::base {
namespace {

TEST(ThreadPool, RunsEveryJob) {
  constexpr int kJobs = 100;
  std::atomic<int> ran = 0;
  std::latch done(kJobs);
  ThreadPool pool(4);
  for (int i = 0; i < kJobs; ++i) {
    ASSERT_TRUE(pool.submit([&](const std::stop_token&) {
      ++ran;
      done.count_down();
    }));
  }
  done.wait();
  EXPECT_EQ(ran, kJobs);
}

TEST(ThreadPool, StopReachesTheRunningJobAndDropsTheQueue) {
  std::latch running(1);
  std::atomic<bool> second_ran = false;
  ThreadPool pool(1);
  pool.submit([&](const std::stop_token& stopping) {
    running.count_down();
    while (!stopping.stop_requested()) std::this_thread::yield();
  });
  pool.submit([&](const std::stop_token&) { second_ran = true; });
  running.wait();
  pool.stop();
  EXPECT_FALSE(second_ran);
  EXPECT_FALSE(pool.submit([](const std::stop_token&) {}));
}

}  // namespace
}  // namespace mex::base
