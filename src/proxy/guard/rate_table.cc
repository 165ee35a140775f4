#include "proxy/guard/rate_table.h"

#include <algorithm>
#include <limits>

namespace mex::proxy::guard {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;
constexpr std::size_t kWays = 8;  // a line of the cache

// A place of the RateTable: 16 bits that tell keys apart, 48 of time (nine years).
constexpr unsigned kTimeBits = 48;
constexpr std::uint64_t kTimeMask = (std::uint64_t{1} << kTimeBits) - 1;
// A place of the ConcurrencyTable: 40 bits that tell keys apart, 24 of a number.
constexpr unsigned kCountBits = 24;
constexpr std::uint64_t kCountMask = (std::uint64_t{1} << kCountBits) - 1;

std::uint64_t microseconds(base::SteadyTime time) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count());
}

struct Arrival {
  std::uint64_t wait = 0;
  std::uint64_t next = 0;  // what is kept if there is no wait
};

Arrival arrive(std::uint64_t expected, const Rate& rate, std::uint64_t now) {
  const auto interval = static_cast<std::uint64_t>(rate.interval.count());
  const std::uint64_t tolerance = interval * static_cast<std::uint64_t>(rate.burst - 1);
  const std::uint64_t due = std::max(expected, now);
  if (due - now > tolerance) return {.wait = due - now - tolerance};
  return {.next = due + interval};
}

}  // namespace

RateVerdict take(ArrivalTime& time, const Rate& rate, base::SteadyTime now) {
  std::uint64_t expected = time.load(kRelaxed);
  while (true) {
    const Arrival arrival = arrive(expected, rate, microseconds(now));
    if (arrival.wait > 0) return {.wait = std::chrono::microseconds(arrival.wait)};
    if (time.compare_exchange_weak(expected, arrival.next, kRelaxed)) return {};
  }
}

RateTable::RateTable(std::size_t places)
    : buckets_(places / kWays), places_(new std::atomic<std::uint64_t>[places]()) {}

RateVerdict RateTable::take(std::uint64_t hash, const Rate& rate, base::SteadyTime now) {
  const std::uint64_t tag = hash >> kTimeBits;
  std::atomic<std::uint64_t>* const bucket = &places_[(hash % buckets_) * kWays];
  const std::uint64_t now_us = microseconds(now);
  while (true) {
    std::size_t at = 0;
    std::uint64_t kept = 0;
    bool is_known = false;
    std::uint64_t soonest = std::numeric_limits<std::uint64_t>::max();
    for (std::size_t i = 0; i < kWays && !is_known; ++i) {
      const std::uint64_t value = bucket[i].load(kRelaxed);
      is_known = value >> kTimeBits == tag;
      if (!is_known && (value & kTimeMask) >= soonest) continue;
      at = i;
      kept = value;
      soonest = value & kTimeMask;
    }
    const Arrival arrival = arrive(is_known ? kept & kTimeMask : 0, rate, now_us);
    if (arrival.wait > 0) return {.wait = std::chrono::microseconds(arrival.wait)};
    const std::uint64_t next = tag << kTimeBits | (arrival.next & kTimeMask);
    if (bucket[at].compare_exchange_strong(kept, next, kRelaxed)) {
      return {.has_displaced = !is_known && soonest > now_us};
    }
  }
}

ConcurrencyTable::ConcurrencyTable(std::size_t places)
    : buckets_(places / kWays), places_(new Place[places]()) {}

ConcurrencyTable::Entry ConcurrencyTable::enter(std::uint64_t hash, std::uint64_t max) {
  const std::uint64_t tag = hash >> kCountBits;
  Place* const bucket = &places_[(hash % buckets_) * kWays];
  while (true) {
    Place* place = nullptr;
    std::uint64_t kept = 0;
    bool is_known = false;
    for (std::size_t i = 0; i < kWays && !is_known; ++i) {
      const std::uint64_t value = bucket[i].load(kRelaxed);
      is_known = value >> kCountBits == tag && (value & kCountMask) > 0;
      if (!is_known && (value & kCountMask) > 0) continue;
      place = &bucket[i];
      kept = value;
    }
    if (place == nullptr) return {.is_admitted = true};
    const std::uint64_t count = kept & kCountMask;
    if (is_known && count >= std::min(max, kCountMask)) return {};
    const std::uint64_t next = tag << kCountBits | (is_known ? count + 1 : 1);
    if (place->compare_exchange_strong(kept, next, kRelaxed)) {
      return {.is_admitted = true, .place = place};
    }
  }
}

}  // namespace mex::proxy::guard
