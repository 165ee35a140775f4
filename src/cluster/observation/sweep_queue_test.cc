#include "cluster/observation/sweep_queue.h"

#include <gtest/gtest.h>

#include <deque>
#include <utility>
#include <vector>

namespace mex::cluster {
namespace {

class SweepQueueTest : public testing::Test {
 protected:
  SweepQueue::Place submit(SweepLane lane, int name) {
    return queue_.submit(lane, [this, name](SweepQueue::Slot slot) {
      started_.push_back(name);
      slots_.emplace(name, std::move(slot));
    });
  }
  // Like a pool with one thread.
  void run() {
    while (!jobs_.empty()) {
      const auto job = std::move(jobs_.front());
      jobs_.pop_front();
      job();
    }
  }
  void end(int name) {
    slots_.erase(name);
    run();
  }

  std::deque<std::function<void()>> jobs_;
  std::vector<int> started_;
  SweepQueue queue_{[this](std::function<void()> job) { jobs_.push_back(std::move(job)); },
                    {2, 2, 1}};
  std::map<int, SweepQueue::Slot> slots_;
};

TEST_F(SweepQueueTest, SoManyRunAtOnceFirstComeFirstServed) {
  for (int i = 1; i <= 5; ++i) submit(SweepLane::Regular, i);
  run();
  EXPECT_EQ(started_, (std::vector{1, 2}));
  EXPECT_EQ(queue_.load(SweepLane::Regular).under_way, 2U);
  EXPECT_EQ(queue_.load(SweepLane::Regular).waiting, 3U);
  end(2);
  EXPECT_EQ(started_, (std::vector{1, 2, 3}));
  end(1);
  end(3);
  EXPECT_EQ(started_, (std::vector{1, 2, 3, 4, 5}));
  end(4);
  end(5);
  EXPECT_EQ(queue_.load(SweepLane::Regular).under_way, 0U);
}

TEST_F(SweepQueueTest, NothingRunsFromWithin) {
  submit(SweepLane::Awaited, 1);
  EXPECT_TRUE(started_.empty());
}

TEST_F(SweepQueueTest, NoLaneWaitsForAnother) {
  for (const SweepLane full : {SweepLane::Awaited, SweepLane::Regular, SweepLane::Silent}) {
    for (int i = 0; i < 10; ++i) submit(full, 100 * static_cast<int>(full) + i);
  }
  run();
  EXPECT_EQ(started_, (std::vector{0, 1, 100, 101, 200}));
  for (const int first : {0, 100, 200}) {
    end(first);
  }
  EXPECT_EQ(started_, (std::vector{0, 1, 100, 101, 200, 2, 102, 201}));
}

TEST_F(SweepQueueTest, WhatIsWithdrawnDoesNotRun) {
  submit(SweepLane::Silent, 1);
  const auto second = submit(SweepLane::Silent, 2);
  submit(SweepLane::Silent, 3);
  run();
  queue_.withdraw(second);
  queue_.withdraw(second);
  end(1);
  EXPECT_EQ(started_, (std::vector{1, 3}));
}

TEST_F(SweepQueueTest, ASlotIsHeldUntilItsLastCopyGoes) {
  submit(SweepLane::Silent, 1);
  submit(SweepLane::Silent, 2);
  run();
  const SweepQueue::Slot copy = slots_.at(1);
  end(1);
  EXPECT_EQ(started_, (std::vector{1}));
}

TEST_F(SweepQueueTest, ASweepThatEndsAtOnceGivesItsSlotBack) {
  for (int i = 0; i < 100; ++i) {
    queue_.submit(SweepLane::Silent, [this, i](const SweepQueue::Slot&) { started_.push_back(i); });
  }
  run();
  EXPECT_EQ(started_.size(), 100U);
}

}  // namespace
}  // namespace mex::cluster
