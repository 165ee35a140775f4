#include "proxy/route/counters.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace mex::proxy::route {
namespace {

std::uint64_t read(const std::atomic<std::uint64_t>& number) {
  return number.load(std::memory_order_relaxed);
}

}  // namespace

void CounterSlab::request_ended(int status, std::chrono::microseconds latency) {
  add(requests_, 1);
  const int status_class = std::clamp(status / 100, 1, 5);
  add(status_classes_[static_cast<std::size_t>(status_class - 1)], 1);
  add(latency_microseconds_, static_cast<std::uint64_t>(latency.count()));
  const auto bucket = std::lower_bound(kLatencyBounds.begin(), kLatencyBounds.end(), latency);
  add(latency_buckets_[static_cast<std::size_t>(bucket - kLatencyBounds.begin())], 1);
}

void CounterSlab::add_to(Totals& totals) const {
  totals.requests += read(requests_);
  for (std::size_t i = 0; i < status_classes_.size(); ++i) {
    totals.status_classes[i] += read(status_classes_[i]);
  }
  totals.request_bytes += read(request_bytes_);
  totals.response_bytes += read(response_bytes_);
  totals.origin_errors += read(origin_errors_);
  totals.latency_microseconds += read(latency_microseconds_);
  for (std::size_t i = 0; i < latency_buckets_.size(); ++i) {
    totals.latency_buckets[i] += read(latency_buckets_[i]);
  }
}

Counters::Counters(std::size_t shards, std::string name)
    : name_(std::move(name)),
      shards_(shards),
      slabs_(std::make_unique<std::atomic<CounterSlab*>[]>(shards)) {}

Counters::~Counters() {
  for (std::size_t i = 0; i < shards_; ++i) delete slabs_[i].load(std::memory_order_acquire);
}

CounterSlab& Counters::slab(std::size_t shard) {
  MEX_DCHECK(shard < shards_, "a shard beyond those the route was made for");
  CounterSlab* slab = slabs_[shard].load(std::memory_order_relaxed);
  if (slab == nullptr) {
    slab = new CounterSlab;
    slabs_[shard].store(slab, std::memory_order_release);
  }
  return *slab;
}

Totals Counters::totals() const {
  Totals totals;
  for (std::size_t i = 0; i < shards_; ++i) {
    const CounterSlab* slab = slabs_[i].load(std::memory_order_acquire);
    if (slab != nullptr) slab->add_to(totals);
  }
  return totals;
}

}  // namespace mex::proxy::route
