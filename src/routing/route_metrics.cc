#include "routing/route_metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "metrics/text_format.h"
#include "proxy/observed_origin.h"
#include "proxy/route/live_origins.h"

namespace mex::routing {
namespace {

using metrics::Kind;
using proxy::ObservedOrigin;
using proxy::OriginCondition;
using proxy::route::Route;
using proxy::route::Totals;

struct Series {
  const Route& route;
  Totals totals;
};

// Names of the agent's first call are any text: the path tells routes of one name apart.
metrics::Labels::value_type name_label(const Route& route) { return {"route", route.name()}; }

std::string labels_of(const Route& route) {
  return metrics::label_text({name_label(route),
                              {"host", route.rule().host.to_string()},
                              {"path", route.pattern().text()}});
}

template <typename Value>
void append_counter(std::string& out, std::string_view name, std::string_view help,
                    const std::vector<Series>& all, const Value& value) {
  metrics::append_family(out, name, help, Kind::Counter);
  for (const Series& each : all) {
    metrics::append_sample(out, name, labels_of(each.route), value(each.totals));
  }
}

void append_requests(std::string& out, const std::vector<Series>& all) {
  constexpr std::string_view kName = "mex_route_requests_total";
  constexpr std::array<std::string_view, 5> kClasses = {"1xx", "2xx", "3xx", "4xx", "5xx"};
  metrics::append_family(out, kName, "Requests of a route by class of the status answered.",
                         Kind::Counter);
  for (const Series& each : all) {
    for (std::size_t i = 0; i < kClasses.size(); ++i) {
      metrics::append_sample(out, kName,
                             metrics::label_text({name_label(each.route),
                                                  {"host", each.route.rule().host.to_string()},
                                                  {"path", each.route.pattern().text()},
                                                  {"class", kClasses.at(i)}}),
                             each.totals.status_classes.at(i));
    }
  }
}

void append_latencies(std::string& out, const std::vector<Series>& all) {
  constexpr std::string_view kName = "mex_route_request_seconds";
  metrics::append_family(out, kName, "From the request's head to the end of the answer.",
                         Kind::Histogram);
  for (const Series& each : all) {
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < each.totals.latency_buckets.size(); ++i) {
      below += each.totals.latency_buckets.at(i);
      const std::string bound =
          i == proxy::route::kLatencyBounds.size()
              ? "+Inf"
              : fmt::format(
                    "{}",
                    std::chrono::duration<double>(proxy::route::kLatencyBounds.at(i)).count());
      metrics::append_sample(out, "mex_route_request_seconds_bucket",
                             metrics::label_text({name_label(each.route),
                                                  {"host", each.route.rule().host.to_string()},
                                                  {"path", each.route.pattern().text()},
                                                  {"le", bound}}),
                             below);
    }
    const std::string labels = labels_of(each.route);
    out += fmt::format("mex_route_request_seconds_sum{} {}\n", labels,
                       static_cast<double>(each.totals.latency_microseconds) / 1e6);
    // Of the buckets: a request may have ended since the other numbers were read.
    metrics::append_sample(out, "mex_route_request_seconds_count", labels, below);
  }
}

struct OriginSeries {
  std::string labels;
  ObservedOrigin origin;
};

std::vector<OriginSeries> origins_of(const std::vector<Series>& all, const base::Clock& clock,
                                     std::size_t most) {
  std::vector<OriginSeries> origins;
  for (const Series& each : all) {
    std::shared_ptr<const proxy::route::OriginSet> set = each.route.shared_origins();
    if (each.route.live_origins() != nullptr) set = each.route.live_origins()->published()->set;
    if (set == nullptr) continue;
    for (ObservedOrigin& origin : proxy::observe(*set, clock)) {
      if (origins.size() == most) return origins;
      std::string labels = metrics::label_text({name_label(each.route),
                                                {"host", each.route.rule().host.to_string()},
                                                {"path", each.route.pattern().text()},
                                                {"origin", origin.url}});
      origins.push_back({std::move(labels), std::move(origin)});
    }
  }
  return origins;
}

template <typename Value>
void append_of_origins(std::string& out, std::string_view name, std::string_view help, Kind kind,
                       const std::vector<OriginSeries>& origins, const Value& value) {
  metrics::append_family(out, name, help, kind);
  for (const OriginSeries& each : origins) {
    metrics::append_sample(out, name, each.labels, static_cast<std::uint64_t>(value(each.origin)));
  }
}

void append_origins(std::string& out, const std::vector<OriginSeries>& origins) {
  if (origins.empty()) return;
  append_of_origins(out, "mex_origin_up", "1 if an origin gets requests of its route.", Kind::Gauge,
                    origins, [](const ObservedOrigin& origin) {
                      return origin.condition == OriginCondition::Healthy ||
                             origin.condition == OriginCondition::Trial;
                    });
  append_of_origins(out, "mex_origin_requests_under_way", "Requests that an origin has now.",
                    Kind::Gauge, origins,
                    [](const ObservedOrigin& origin) { return origin.requests_under_way; });
  append_of_origins(out, "mex_origin_requests_total", "Requests that an origin has had.",
                    Kind::Counter, origins,
                    [](const ObservedOrigin& origin) { return origin.requests; });
  append_of_origins(out, "mex_origin_failures_total", "No connection, or no sound answer.",
                    Kind::Counter, origins,
                    [](const ObservedOrigin& origin) { return origin.failures; });
  append_of_origins(out, "mex_origin_server_errors_total", "Answers of 500 and above.",
                    Kind::Counter, origins,
                    [](const ObservedOrigin& origin) { return origin.server_errors; });
  append_of_origins(out, "mex_origin_ejections_total",
                    "How often an origin was taken out for how it answered.", Kind::Counter,
                    origins, [](const ObservedOrigin& origin) { return origin.ejections; });
}

}  // namespace

std::vector<ProxyRoutes::Active> RouteMetrics::choose() {
  std::vector<Active> used = routes_.active();
  std::vector<std::pair<std::uint64_t, Active>> counted;
  for (Active& each : used) {
    const std::uint64_t requests = each.route->counters().totals().requests;
    if (requests > 0) counted.emplace_back(requests, std::move(each));
  }
  const base::MutexLock lock(mutex_);
  const auto comes_before = [this](const auto& a, const auto& b) {
    mutex_.assert_held();
    const bool is_a_shown = shown_.contains(a.second.id);
    const bool is_b_shown = shown_.contains(b.second.id);
    if (is_a_shown != is_b_shown) return is_a_shown;
    return a.first != b.first ? a.first > b.first : a.second.id < b.second.id;
  };
  const std::size_t count = std::min(counted.size(), kMaxRoutes);
  std::partial_sort(counted.begin(), counted.begin() + static_cast<std::ptrdiff_t>(count),
                    counted.end(), comes_before);
  counted.resize(count);
  shown_.clear();
  std::vector<Active> chosen;
  for (auto& [requests, each] : counted) {
    shown_.insert(each.id);
    chosen.push_back(std::move(each));
  }
  std::sort(chosen.begin(), chosen.end(),
            [](const Active& a, const Active& b) { return a.id < b.id; });
  return chosen;
}

std::string RouteMetrics::text() {
  const std::vector<Active> chosen = choose();
  if (chosen.empty()) return "";
  std::vector<Series> all;
  for (const Active& each : chosen) all.push_back({*each.route, each.route->counters().totals()});
  std::string out;
  append_requests(out, all);
  append_latencies(out, all);
  append_counter(out, "mex_route_request_bytes_total", "Of bodies, towards the origin.", all,
                 [](const Totals& totals) { return totals.request_bytes; });
  append_counter(out, "mex_route_response_bytes_total", "Of bodies, towards the client.", all,
                 [](const Totals& totals) { return totals.response_bytes; });
  append_counter(out, "mex_route_origin_errors_total",
                 "Refused, timed out, broken or cut short by an origin.", all,
                 [](const Totals& totals) { return totals.origin_errors; });
  append_origins(out, origins_of(all, clock_, kMaxOrigins));
  return out;
}

}  // namespace mex::routing
