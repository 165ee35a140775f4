// Rates and numbers of many keys in memory of a fixed size.

#include "proxy/guard/rate_table.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "proxy/balance/hash.h"
#include "proxy/guard/keyed_hash.h"

namespace mex::proxy::guard {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Rate kTenAtOnce{.interval = milliseconds(100), .burst = 10};
const base::SteadyTime kStart{std::chrono::hours(1)};

int passed_of(int requests, RateTable& table, std::uint64_t key, base::SteadyTime now) {
  int passed = 0;
  for (int i = 0; i < requests; ++i) passed += table.take(key, kTenAtOnce, now).wait.count() == 0;
  return passed;
}

// The reference vector of the algorithm's authors: key 00 01 … 0f, text 00 01 … 0e.
TEST(KeyedHashTest, IsSipHash) {
  std::string text;
  for (char i = 0; i < 15; ++i) text += i;
  EXPECT_EQ(keyed_hash({0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL}, text),
            0xa129ca6149be45e5ULL);
}

TEST(RateTableTest, ABurstPassesAndThenOneEachInterval) {
  RateTable table(64);
  EXPECT_EQ(passed_of(100, table, 7, kStart), 10);
  EXPECT_EQ(passed_of(100, table, 7, kStart + milliseconds(99)), 0);
  EXPECT_EQ(passed_of(100, table, 7, kStart + milliseconds(100)), 1);
  EXPECT_EQ(passed_of(100, table, 7, kStart + milliseconds(450)), 3);
  EXPECT_EQ(passed_of(100, table, 7, kStart + seconds(3600)), 10)
      << "no more than a burst is saved";
}

TEST(RateTableTest, SaysWhenTheNextMayCome) {
  RateTable table(64);
  passed_of(10, table, 7, kStart);
  EXPECT_EQ(table.take(7, kTenAtOnce, kStart + milliseconds(30)).wait, microseconds(70'000));
  EXPECT_EQ(table.take(7, kTenAtOnce, kStart + milliseconds(30)).wait, microseconds(70'000))
      << "one that was refused costs nothing";
}

TEST(RateTableTest, KeysHaveRatesOfTheirOwn) {
  RateTable table(1U << 16U);
  for (std::uint64_t key = 0; key < 1000; ++key) {
    EXPECT_EQ(passed_of(12, table, balance::mix(key), kStart), 10);
  }
}

// Those that come once each do not make anyone's limit stricter, and take no memory.
TEST(RateTableTest, TenMillionKeysMakeItLaxerNeverStricter) {
  RateTable table(1U << 10U);
  std::size_t displaced = 0;
  for (std::uint64_t key = 1; key <= 10'000'000; ++key) {
    const RateVerdict verdict =
        table.take(balance::mix(key), kTenAtOnce, kStart + microseconds(key / 10));
    // A chance of 8 in 65,536 that a key meets another one's, which has had a tenth of a burst.
    ASSERT_EQ(verdict.wait.count(), 0);
    displaced += verdict.has_displaced ? 1U : 0U;
  }
  EXPECT_GT(displaced, 0U);
}

TEST(RateTableTest, WhatHasRestedIsNotDisplaced) {
  RateTable table(64);
  for (std::uint64_t key = 1; key <= 10'000; ++key) {
    const auto now = kStart + key * milliseconds(100);
    EXPECT_FALSE(table.take(balance::mix(key), kTenAtOnce, now).has_displaced);
  }
}

TEST(RateTableTest, ThreadsTogetherGetNoMoreThanOne) {
  RateTable table(64);
  std::atomic<int> passed{0};
  std::vector<std::thread> shards;
  for (int i = 0; i < 4; ++i) {
    shards.emplace_back([&] { passed += passed_of(10'000, table, 7, kStart); });
  }
  for (std::thread& shard : shards) shard.join();
  EXPECT_EQ(passed, 10);
}

TEST(ArrivalTimeTest, IsOfOneKeyAlone) {
  ArrivalTime time{0};
  int passed = 0;
  for (int i = 0; i < 100; ++i) passed += take(time, kTenAtOnce, kStart).wait.count() == 0;
  EXPECT_EQ(passed, 10);
}

TEST(ConcurrencyTableTest, CountsEachKeyAndForgetsThoseThatLeave) {
  ConcurrencyTable table(1U << 12U);
  std::vector<ConcurrencyTable::Place*> places;
  for (std::uint64_t key = 0; key < 100; ++key) {
    for (int i = 0; i < 5; ++i) {
      const auto entry = table.enter(balance::mix(key), 3);
      EXPECT_EQ(entry.is_admitted, i < 3);
      if (entry.place != nullptr) places.push_back(entry.place);
    }
  }
  EXPECT_EQ(places.size(), 300U);
  for (auto* place : places) ConcurrencyTable::leave(*place);
  for (std::uint64_t key = 0; key < 100; ++key) {
    EXPECT_TRUE(table.enter(balance::mix(key), 1).is_admitted);
  }
}

TEST(ConcurrencyTableTest, WhoFindsNoPlaceIsNotCountedNorRefused) {
  ConcurrencyTable table(8);
  for (std::uint64_t key = 0; key < 8; ++key) {
    EXPECT_NE(table.enter(balance::mix(key), 1).place, nullptr);
  }
  const auto entry = table.enter(balance::mix(99), 1);
  EXPECT_TRUE(entry.is_admitted);
  EXPECT_EQ(entry.place, nullptr);
}

TEST(ConcurrencyTableTest, ThreadsTogetherHaveNoMoreThanMayBe) {
  ConcurrencyTable table(64);
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  std::vector<std::thread> shards;
  for (int i = 0; i < 4; ++i) {
    shards.emplace_back([&] {
      for (int n = 0; n < 20'000; ++n) {
        const auto entry = table.enter(7, 2);
        if (!entry.is_admitted) continue;
        const int now = inside.fetch_add(1) + 1;
        for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
        }
        inside.fetch_sub(1);
        ConcurrencyTable::leave(*entry.place);
      }
    });
  }
  for (std::thread& shard : shards) shard.join();
  EXPECT_LE(most, 2);
  EXPECT_TRUE(table.enter(7, 1).is_admitted) << "all have left";
}

}  // namespace
}  // namespace mex::proxy::guard
