#pragma once

// Counters for code that must not wait: each thread writes its own cells with plain relaxed stores,
// a reader sums over the threads. Registering takes a lock and is done once, at start or where
// a static is initialised; writing takes none.
//
//   const auto requests = metrics::counter("mex_requests_total", "Requests answered.", {{"class",
//   "2xx"}}); requests.add();

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace mex::metrics {

using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

// Handles are values: cheap to copy, valid for ever, usable from any thread.

// Only ever grows.
class Counter {
 public:
  void add(std::uint64_t amount = 1) const;
  std::uint64_t value() const;  // summed over all threads, also ended ones

 private:
  friend class Registry;
  explicit Counter(std::uint32_t cell) : cell_(cell) {}
  std::uint32_t cell_;
};

// Goes up and down; the sum of what all threads added, so a thread may add what another takes away.
class Gauge {
 public:
  void add(std::int64_t amount) const;
  std::int64_t value() const;

 private:
  friend class Registry;
  explicit Gauge(std::uint32_t cell) : cell_(cell) {}
  std::uint32_t cell_;
};

// Counts observations in buckets with fixed upper bounds.
class Histogram {
 public:
  // In the unit of the bounds; Prometheus wants seconds and bytes.
  void observe(double value) const;
  std::uint64_t count() const;

 private:
  friend class Registry;
  Histogram(std::uint32_t cell, std::span<const double> bounds) : cell_(cell), bounds_(bounds) {}
  std::uint32_t cell_;  // buckets (one more than bounds), then the sum
  std::span<const double> bounds_;
};

// `name` and label names as Prometheus allows them; label values may be any UTF-8 text. The same
// name and labels give the same metric. All series of a name share kind, help and bounds: anything
// else is a programming error and ends the process.
Counter counter(std::string_view name, std::string_view help, Labels labels = {});
Gauge gauge(std::string_view name, std::string_view help, Labels labels = {});
// `bounds` rise strictly; the bucket +Inf is added.
Histogram histogram(std::string_view name, std::string_view help,
                    std::initializer_list<double> bounds, Labels labels = {});

// Bounds for latencies in seconds, 0.5 ms to 30 s.
inline constexpr std::initializer_list<double> kLatencySeconds = {
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0};

// Everything registered, in the Prometheus text format 0.0.4, sorted by name. Content type:
// kTextContentType. Any thread.
std::string prometheus_text();
inline constexpr std::string_view kTextContentType = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace mex::metrics
