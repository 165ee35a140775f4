#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/clock.h"
#include "metrics/metrics.h"
#include "proxy/upstream/origin_error.h"

namespace mex::proxy {

// What a route may ask of requests.
enum class GuardKind : std::uint8_t { Clients, RateLimit, Concurrency, BodySize };
inline constexpr std::size_t kGuardKinds = 4;

// Totals over all routes and shards; what concerns one route is in route::Counters.
class ProxyMetrics {
 public:
  static const ProxyMetrics& get();

  void request_ended(int status, std::chrono::milliseconds latency) const;
  void origin_failed(upstream::OriginFault fault) const;
  void refused(GuardKind guard) const { refused_[static_cast<std::size_t>(guard)].add(); }
  // A request has waited so long for its connection.
  void queued(base::SteadyTime::duration time) const;

  metrics::Counter retries;
  metrics::Counter connections_opened;
  metrics::Counter connections_reused;
  metrics::Gauge tunnels;
  metrics::Gauge waiting;
  metrics::Counter rates_forgotten;

 private:
  ProxyMetrics();

  std::array<metrics::Counter, 5> requests_;
  std::array<metrics::Counter, upstream::kOriginFaults> faults_;
  std::array<metrics::Counter, kGuardKinds> refused_;
  metrics::Histogram latency_;
  metrics::Histogram queued_;
};

}  // namespace mex::proxy
