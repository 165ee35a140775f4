#include "proxy/proxy_metrics.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

namespace mex::proxy {
namespace {

constexpr std::string_view kRequestsHelp = "Proxied requests by class of the status answered.";

metrics::Counter requests_of(std::string_view status_class) {
  return metrics::counter("mex_proxy_requests_total", kRequestsHelp, {{"class", status_class}});
}

template <std::size_t... kIndex>
std::array<metrics::Counter, upstream::kOriginFaults> fault_counters(
    std::index_sequence<kIndex...>) {
  return {metrics::counter("mex_proxy_origin_errors_total", "Failures of origins by kind.",
                           {{"kind", to_string(static_cast<upstream::OriginFault>(kIndex))}})...};
}

metrics::Counter refused_by(std::string_view guard) {
  return metrics::counter("mex_proxy_refused_total",
                          "Requests that a guard of their route refused.", {{"guard", guard}});
}

}  // namespace

const ProxyMetrics& ProxyMetrics::get() {
  static const ProxyMetrics metrics;
  return metrics;
}

ProxyMetrics::ProxyMetrics()
    : retries(metrics::counter("mex_proxy_retries_total",
                               "Requests sent again because a kept connection was stale.")),
      connections_opened(metrics::counter("mex_proxy_origin_connections_opened_total",
                                          "Connections made to origins.")),
      connections_reused(metrics::counter("mex_proxy_origin_connections_reused_total",
                                          "Requests sent over a kept connection.")),
      tunnels(metrics::gauge("mex_proxy_tunnels", "Upgraded connections (WebSocket) open now.")),
      waiting(metrics::gauge("mex_proxy_waiting_requests",
                             "Requests that wait for a connection to an origin.")),
      rates_forgotten(
          metrics::counter("mex_proxy_rates_forgotten_total",
                           "Clients whose rate was forgotten before its time: the table "
                           "of rates was full.")),
      requests_{requests_of("1xx"), requests_of("2xx"), requests_of("3xx"), requests_of("4xx"),
                requests_of("5xx")},
      faults_(fault_counters(std::make_index_sequence<upstream::kOriginFaults>())),
      refused_{refused_by("clients"), refused_by("rate_limit"), refused_by("concurrency"),
               refused_by("body_size")},
      latency_(metrics::histogram("mex_proxy_request_seconds",
                                  "From the request's head to the end of the answer.",
                                  metrics::kLatencySeconds)),
      queued_(metrics::histogram("mex_proxy_queue_seconds",
                                 "How long those that waited did so, if they got a connection.",
                                 metrics::kLatencySeconds)) {}

void ProxyMetrics::request_ended(int status, std::chrono::milliseconds latency) const {
  requests_[static_cast<std::size_t>(std::clamp(status / 100, 1, 5) - 1)].add();
  latency_.observe(std::chrono::duration<double>(latency).count());
}

void ProxyMetrics::queued(base::SteadyTime::duration time) const {
  queued_.observe(std::chrono::duration<double>(time).count());
}

void ProxyMetrics::origin_failed(upstream::OriginFault fault) const {
  faults_[static_cast<std::size_t>(fault)].add();
}

}  // namespace mex::proxy
