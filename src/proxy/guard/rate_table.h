#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/clock.h"

namespace mex::proxy::guard {

// How many requests may come, as the generic cell rate algorithm counts (ITU-T I.371): one each
// `interval`, and `burst` at once after a pause.
struct Rate {
  std::chrono::microseconds interval{};
  std::int64_t burst = 1;
};

// What a request that is counted has come to.
struct RateVerdict {
  std::chrono::microseconds wait{};  // 0: it may pass, and is counted
  bool has_displaced = false;        // another key was forgotten for it before its time
};

// When the next request of one key would come on time, as a number: microseconds of the steady
// clock. 0: it has been without requests for long enough to know nothing of it.
using ArrivalTime = std::atomic<std::uint64_t>;

// For one key that has its own place.
RateVerdict take(ArrivalTime& time, const Rate& rate, base::SteadyTime now);

// Rates of any number of keys in memory of a fixed size, for all shards: one atomic word for each.
// A key whose pause was long enough is as one that has never come, so its place is free. Where all
// eight places that a key may have are taken, the one that comes closest to that is forgotten: that
// client has a whole burst again. So 10 million addresses make the limits of some clients laxer,
// never stricter, and take no memory. Two keys share a place with a chance of one in 8,000 at most
// (16 bits tell them apart). No one waits.
class RateTable {
 public:
  // `places`: 8 times a power of 2.
  explicit RateTable(std::size_t places);
  RateTable(const RateTable&) = delete;
  RateTable& operator=(const RateTable&) = delete;

  RateVerdict take(std::uint64_t hash, const Rate& rate, base::SteadyTime now);

 private:
  const std::size_t buckets_;
  const std::unique_ptr<std::atomic<std::uint64_t>[]> places_;
};

// How many requests of each key are under way, for all shards, in memory of a fixed size.
class ConcurrencyTable {
 public:
  using Place = std::atomic<std::uint64_t>;
  struct Entry {
    bool is_admitted = false;
    // Where it is counted, for leave(). Null: all places were taken, and it is not.
    Place* place = nullptr;
  };

  explicit ConcurrencyTable(std::size_t places);
  ConcurrencyTable(const ConcurrencyTable&) = delete;
  ConcurrencyTable& operator=(const ConcurrencyTable&) = delete;

  Entry enter(std::uint64_t hash, std::uint64_t max);
  static void leave(Place& place) { place.fetch_sub(1, std::memory_order_relaxed); }

 private:
  const std::size_t buckets_;
  const std::unique_ptr<Place[]> places_;
};

}  // namespace mex::proxy::guard
