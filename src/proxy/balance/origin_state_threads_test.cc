// Shards report and pick at the same time; the thread sanitizer reads along.

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "proxy/balance/balance_fixture.h"

namespace mex::proxy::balance {
namespace {

constexpr int kShards = 4;
constexpr int kRequests = 5'000;

TEST(OriginStateThreadsTest, NothingIsLeftUnderWayWhateverShardsDoAtOnce) {
  OriginSetOptions options;
  options.limits.max_requests = 3;
  options.ejection.base_time = std::chrono::seconds(1);
  for (const char* url : {"http://o0", "http://o1", "http://o2"}) {
    options.origins.push_back({url, 1, url});
  }
  const base::SteadyTime start{std::chrono::hours(100)};
  const BalancedOrigins group(options, nullptr, start);
  std::atomic<int> found{0};

  std::vector<std::thread> shards;
  for (int shard = 0; shard < kShards; ++shard) {
    shards.emplace_back([&, shard] {
      Balancer balancer(group, static_cast<std::uint64_t>(shard));
      base::SteadyTime now = start;
      for (int i = 0; i < kRequests; ++i) {
        now += std::chrono::milliseconds(10);
        const Pick pick = balancer.pick({.now = now});
        if (pick.result != Pick::Result::Found) continue;
        ++found;
        const Outcome outcome = i % 7 < 4 ? Outcome::Failure : Outcome::Success;
        group.report(pick.index, outcome, 1, pick.is_trial, now);
        group.members()[pick.index].state->end_request();
      }
    });
  }
  for (std::thread& shard : shards) shard.join();
  for (const auto& member : group.members()) EXPECT_EQ(member.state->in_flight(), 0);
  EXPECT_GT(found.load(), kRequests);
}

TEST(OriginStateThreadsTest, OneOfManyGetsTheTrial) {
  const EjectionOptions options;
  const base::SteadyTime start{std::chrono::hours(100)};
  for (int round = 0; round < 200; ++round) {
    OriginState state(start);
    state.eject(start, options);
    std::atomic<int> trials{0};
    std::vector<std::thread> shards;
    for (int shard = 0; shard < kShards; ++shard) {
      shards.emplace_back([&] {
        if (state.claim_trial(start + options.base_time)) ++trials;
      });
    }
    for (std::thread& shard : shards) shard.join();
    ASSERT_EQ(trials.load(), 1);
  }
}

}  // namespace
}  // namespace mex::proxy::balance
