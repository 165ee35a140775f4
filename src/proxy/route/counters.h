#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace mex::proxy::route {

// Upper bounds of the latency buckets; what took longer is in one bucket more. Shards read the
// kernel's coarse clock, so times below 4 ms cannot be distinguished.
inline constexpr std::array<std::chrono::milliseconds, 12> kLatencyBounds = {
    std::chrono::milliseconds(5),      std::chrono::milliseconds(10),
    std::chrono::milliseconds(25),     std::chrono::milliseconds(50),
    std::chrono::milliseconds(100),    std::chrono::milliseconds(250),
    std::chrono::milliseconds(500),    std::chrono::milliseconds(1'000),
    std::chrono::milliseconds(2'500),  std::chrono::milliseconds(5'000),
    std::chrono::milliseconds(10'000), std::chrono::milliseconds(30'000)};

// Sums over all shards at one moment.
struct Totals {
  std::uint64_t requests = 0;
  std::array<std::uint64_t, 5> status_classes{};  // [0] is 1xx … [4] is 5xx
  std::uint64_t request_bytes = 0;
  std::uint64_t response_bytes = 0;
  std::uint64_t origin_errors = 0;
  std::uint64_t latency_microseconds = 0;
  std::array<std::uint64_t, kLatencyBounds.size() + 1> latency_buckets{};
};

// The numbers of one route on one shard. Only that shard's thread writes; anyone may read.
class alignas(64) CounterSlab {
 public:
  void request_ended(int status, std::chrono::microseconds latency);
  void add_request_bytes(std::uint64_t bytes) { add(request_bytes_, bytes); }
  void add_response_bytes(std::uint64_t bytes) { add(response_bytes_, bytes); }
  void origin_failed() { add(origin_errors_, 1); }

  void add_to(Totals& totals) const;

 private:
  using Number = std::atomic<std::uint64_t>;

  // One writer: a plain load and store do what a locked instruction would do more slowly.
  static void add(Number& number, std::uint64_t by) {
    number.store(number.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }

  Number requests_{0};
  std::array<Number, 5> status_classes_{};
  Number request_bytes_{0};
  Number response_bytes_{0};
  Number origin_errors_{0};
  Number latency_microseconds_{0};
  std::array<Number, kLatencyBounds.size() + 1> latency_buckets_{};
};

// The numbers of one route: a slab per shard, made when the shard first serves the route, so that
// many idle routes cost little.
class Counters {
 public:
  // `name`: what their route is called in logs and metrics; may be empty.
  explicit Counters(std::size_t shards, std::string name = {});
  Counters(const Counters&) = delete;
  Counters& operator=(const Counters&) = delete;
  ~Counters();

  // Called by the thread of shard `shard` only.
  CounterSlab& slab(std::size_t shard);

  Totals totals() const;
  const std::string& name() const { return name_; }

 private:
  const std::string name_;
  std::size_t shards_;
  std::unique_ptr<std::atomic<CounterSlab*>[]> slabs_;
};

}  // namespace mex::proxy::route
