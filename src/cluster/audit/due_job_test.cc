#include "cluster/audit/due_job.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>

#include "cluster/observation/virtual_time.h"

namespace mex::cluster {
namespace {

using std::chrono::seconds;

class DueJobTest : public testing::Test {
 protected:
  // All that is due by then has been run.
  void run_until(base::SteadyTime end) {
    time_.call_after(
        std::chrono::duration_cast<std::chrono::milliseconds>(end - time_.steady_now()), [] {});
    while (time_.steady_now() < end) time_.run_next();
    std::promise<void> all_done;
    pool_.submit([&](const std::stop_token&) { all_done.set_value(); });
    all_done.get_future().wait();
  }

  VirtualTime time_;
  std::atomic<int> runs_ = 0;
  base::ThreadPool pool_{1};
  DueJob job_{pool_, time_, time_, [this](const std::stop_token&) { ++runs_; }};
  const base::SteadyTime begin_ = time_.steady_now();
};

TEST_F(DueJobTest, RunsOnceAtTheSoonestOfItsTimes) {
  job_.request(seconds(10));
  job_.request(seconds(3));
  job_.request(seconds(5));
  run_until(begin_ + seconds(2));
  EXPECT_EQ(runs_, 0);
  run_until(begin_ + seconds(20));
  EXPECT_EQ(runs_, 1);
}

TEST_F(DueJobTest, RunsAgainWhenItIsRequestedAgain) {
  job_.request(seconds(1));
  run_until(begin_ + seconds(2));
  job_.request(seconds(1));
  run_until(begin_ + seconds(4));
  EXPECT_EQ(runs_, 2);
}

}  // namespace
}  // namespace mex::cluster
