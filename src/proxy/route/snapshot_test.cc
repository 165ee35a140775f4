#include "proxy/route/snapshot.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

namespace mex::proxy::route {
namespace {

std::shared_ptr<const Route> numbered(int number, std::shared_ptr<Counters> counters) {
  RoutePart part{};
  return make_route(fmt::format("/r{}", number), "http://o", std::move(counters), part).value();
}

// Readers keep matching in snapshots that they hold while a writer derives new ones: what a reader
// sees is whole and never changes. For TSan.
TEST(Snapshot, ReadersAreIsolatedFromTheWriter) {
  constexpr int kRoutes = 64;
  constexpr int kChanges = 400;
  std::mutex mutex;  // stands for the mailbox: how pointers get from the writer to readers
  auto current = std::make_shared<const Snapshot>();
  std::atomic<bool> done{false};

  const auto read = [&] {
    std::uint64_t last = 0;
    while (!done.load()) {
      SnapshotPtr held;
      {
        const std::lock_guard lock(mutex);
        held = current;
      }
      EXPECT_GE(held->generation, last);
      last = held->generation;
      std::size_t found = 0;
      for (int i = 0; i < kRoutes; ++i) {
        if (held->routes.match(fmt::format("/r{}/x", i)).route != nullptr) ++found;
      }
      EXPECT_EQ(found, held->routes.size());
    }
  };
  std::array<std::thread, 2> readers = {std::thread(read), std::thread(read)};
  for (int change = 0; change < kChanges; ++change) {
    const int number = (change * 7) % kRoutes;
    const auto route = numbered(number, nullptr);
    const RouteTable routes =
        change % 3 == 2 ? current->routes.without(route->rule()) : current->routes.with(route);
    auto next = std::make_shared<const Snapshot>(Snapshot{current->generation + 1, routes});
    const std::lock_guard lock(mutex);
    current = std::move(next);
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
}

TEST(Counters, SumOverShardsWhileTheyCount) {
  Counters counters(2);
  std::array<std::thread, 2> shards;
  for (std::size_t shard = 0; shard < shards.size(); ++shard) {
    shards[shard] = std::thread([&counters, shard] {
      for (int i = 0; i < 1000; ++i) {
        counters.slab(shard).request_ended(shard == 0 ? 200 : 502, std::chrono::milliseconds(7));
        counters.slab(shard).add_request_bytes(3);
      }
    });
  }
  while (counters.totals().requests < 2000) {
  }
  for (std::thread& shard : shards) shard.join();
  const Totals totals = counters.totals();
  EXPECT_EQ(totals.status_classes[1], 1000U);
  EXPECT_EQ(totals.status_classes[4], 1000U);
  EXPECT_EQ(totals.request_bytes, 6000U);
  EXPECT_EQ(totals.latency_microseconds, 14'000'000U);
  EXPECT_EQ(totals.latency_buckets[1], 2000U);
}

}  // namespace
}  // namespace mex::proxy::route
