#include "cluster/observation/kubernetes_monitor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "cluster/observation/watched_cluster.h"

namespace mex::cluster {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

class KubernetesMonitorTest : public testing::Test {
 protected:
  using Cluster = std::shared_ptr<WatchedCluster>;

  ~KubernetesMonitorTest() override { time_.drop_everything(); }

  Cluster add(bool is_silent) {
    is_silent_.push_back(is_silent);
    return add([this, number = is_silent_.size() - 1]() -> std::optional<kubernetes::ProbeResult> {
      if (is_silent_[number]) return std::nullopt;
      return ready_answer();
    });
  }
  Cluster add(ScriptedProber::Answer answer) {
    return std::make_shared<WatchedCluster>(prober_, queue_, time_, timing_, ++seed_,
                                            std::move(answer));
  }

  void run_for(milliseconds duration) {
    const base::SteadyTime end = time_.steady_now() + duration;
    bool is_over = false;
    time_.in_the_world_after(duration, [&] { is_over = true; });
    while (!is_over) ASSERT_TRUE(time_.run_next());
    ASSERT_EQ(time_.steady_now(), end);
  }
  int calls(const Cluster& cluster) const { return prober_.calls_of(*cluster->client); }

  const Timing timing_{};
  VirtualTime time_;
  VirtualPool pool_{time_, milliseconds(1)};
  ScriptedProber prober_{time_};
  SweepQueue queue_{[this](std::function<void()> job) { pool_.submit(std::move(job)); }, {4, 4, 2}};
  std::vector<bool> is_silent_;
  std::size_t seed_ = 0;
};

TEST_F(KubernetesMonitorTest, AServerThatAnswersIsAskedAtItsInterval) {
  const auto cluster = add(false);
  cluster->request({});
  run_for(minutes(10));
  EXPECT_GE(calls(cluster), 59);
  EXPECT_LE(calls(cluster), 61);
  EXPECT_TRUE(cluster->last.api_is_ready());
}

TEST_F(KubernetesMonitorTest, ASilentServerIsAskedEverMoreSeldom) {
  const auto cluster = add(true);
  cluster->request({});
  run_for(minutes(60));
  EXPECT_LE(calls(cluster), 32);
  EXPECT_GE(calls(cluster), 60 / 3) << "but it is asked";
  EXPECT_TRUE(absl::IsDeadlineExceeded(cluster->last.status));
}

// The symptom: one silent API server holds a thread for ten seconds, and a few of them hold all.
TEST_F(KubernetesMonitorTest, TwoHundredSilentServersDelayNoOtherOnOneThread) {
  std::vector<Cluster> silent;
  for (int i = 0; i < 200; ++i) silent.push_back(add(true));
  for (const auto& cluster : silent) cluster->request({.lane = SweepLane::Silent});
  const auto cluster = add(false);
  cluster->request({});
  run_for(minutes(10));
  EXPECT_GE(calls(cluster), 59);
  // Two slots, each held for the ten seconds of a sweep: first come, first served.
  const auto times_asked = [&](int times) {
    return std::count_if(silent.begin(), silent.end(),
                         [&](const Cluster& one) { return calls(one) == times; });
  };
  EXPECT_EQ(queue_.load(SweepLane::Silent).under_way, 2U);
  EXPECT_GE(times_asked(1), 118);
  EXPECT_EQ(times_asked(0) + times_asked(1), 200) << "no one is asked twice before all were";
  run_for(minutes(10));
  EXPECT_EQ(times_asked(0), 0) << "no one is passed over";
}

TEST_F(KubernetesMonitorTest, ServersThatBecomeSilentGiveTheirPlaceToTheOthers) {
  std::vector<Cluster> clusters;
  for (int i = 0; i < 40; ++i) clusters.push_back(add(i >= 20));
  for (const auto& cluster : clusters) cluster->request({});
  run_for(minutes(2));
  const int before = calls(clusters.front());
  run_for(minutes(5));
  EXPECT_GE(calls(clusters.front()) - before, 29);
}

TEST_F(KubernetesMonitorTest, AServerThatIsAwaitedIsAskedAtOnceThoughItWasSilent) {
  const auto cluster = add(true);
  cluster->request({});
  run_for(minutes(30));
  const int before = calls(cluster);
  is_silent_[0] = false;
  cluster->await();
  run_for(seconds(1));
  EXPECT_GT(calls(cluster), before);
  EXPECT_TRUE(cluster->last.api_is_ready());
}

TEST_F(KubernetesMonitorTest, AServerThatIsAwaitedLeavesTheQueueOfTheSilentOnes) {
  std::vector<Cluster> silent;
  for (int i = 0; i < 50; ++i) silent.push_back(add(true));
  for (const auto& cluster : silent) cluster->request({.lane = SweepLane::Silent});
  run_for(seconds(1));
  const auto& last = silent.back();
  ASSERT_EQ(calls(last), 0);
  const std::size_t waiting = queue_.load(SweepLane::Silent).waiting;
  last->await();
  EXPECT_EQ(queue_.load(SweepLane::Silent).waiting, waiting - 1);
  run_for(seconds(1));
  EXPECT_EQ(calls(last), 1);
}

TEST_F(KubernetesMonitorTest, WhoIsAwaitedIsNotDelayedByThoseThatAreNot) {
  std::vector<Cluster> others;
  for (int i = 0; i < 100; ++i) others.push_back(add(true));
  for (const auto& cluster : others) cluster->request({});
  run_for(seconds(1));
  const auto awaited = add(false);
  awaited->await();
  run_for(milliseconds(100));
  EXPECT_TRUE(awaited->last.api_is_ready());
}

TEST_F(KubernetesMonitorTest, OneSweepAtATimeAndARequestDuringItFollowsAtOnce) {
  const auto cluster = add(true);
  cluster->request({});
  run_for(seconds(5));
  ASSERT_EQ(calls(cluster), 1);
  for (int i = 0; i < 5; ++i) cluster->await();
  run_for(seconds(4));
  EXPECT_EQ(calls(cluster), 1);
  is_silent_[0] = false;
  run_for(seconds(2));
  EXPECT_GE(calls(cluster), 2);
  EXPECT_EQ(prober_.most_under_way, 1U);
}

TEST_F(KubernetesMonitorTest, TheLatestRequestCounts) {
  const auto cluster = add(false);
  for (int i = 0; i < 100; ++i) cluster->request({.pause = seconds(1)});
  cluster->request({.pause = minutes(5)});
  run_for(minutes(4));
  EXPECT_EQ(calls(cluster), 0);
  run_for(minutes(2));
  EXPECT_GE(calls(cluster), 1);
}

TEST_F(KubernetesMonitorTest, WhyAServerCannotBeCalledIsObserved) {
  const auto cluster = add(false);
  cluster->client = absl::FailedPreconditionError("no key");
  cluster->request({});
  run_for(minutes(1));
  EXPECT_EQ(cluster->last.status.message(), "no key");
  EXPECT_EQ(prober_.calls(), 0);
  EXPECT_GE(cluster->seen.size(), 2U);
}

TEST_F(KubernetesMonitorTest, WhatIsNotToBeAskedIsNotAskedUntilItIsRequestedAgain) {
  const auto cluster = add(false);
  cluster->request({});
  run_for(minutes(1));
  cluster->is_watched = false;
  run_for(minutes(1));
  const int before = calls(cluster);
  run_for(minutes(10));
  EXPECT_EQ(calls(cluster), before);
  cluster->is_watched = true;
  cluster->request({});
  run_for(seconds(1));
  EXPECT_EQ(calls(cluster), before + 1);
}

TEST_F(KubernetesMonitorTest, AClusterThatIsGoneIsNotAsked) {
  auto cluster = add(false);
  const auto client = *cluster->client;
  cluster->request({.pause = seconds(1)});
  cluster.reset();
  run_for(minutes(1));
  EXPECT_EQ(prober_.calls_of(client), 0);
}

TEST_F(KubernetesMonitorTest, AClusterThatGoesWhileItWaitsIsPassedOver) {
  std::vector<Cluster> clusters;
  for (int i = 0; i < 10; ++i) clusters.push_back(add(true));
  for (const auto& cluster : clusters) cluster->request({.lane = SweepLane::Silent});
  run_for(seconds(1));
  ASSERT_EQ(queue_.load(SweepLane::Silent).waiting, 8U);
  clusters.clear();
  const auto next = add(true);
  next->request({.lane = SweepLane::Silent});
  run_for(timing_.kubernetes_call);
  EXPECT_EQ(calls(next), 1);
}

TEST_F(KubernetesMonitorTest, WithoutAProberNothingIsAsked) {
  KubernetesMonitor monitor(nullptr, queue_, time_, time_, timing_);
  const auto cluster = add(false);
  monitor.request(cluster, {});
  EXPECT_FALSE(time_.run_next());
}

}  // namespace
}  // namespace mex::cluster
