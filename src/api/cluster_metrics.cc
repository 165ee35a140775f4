#include "api/cluster_metrics.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "metrics/text_format.h"

namespace mex::api {
namespace {

using metrics::append_family;
using metrics::append_sample;
using metrics::label_text;

std::uint64_t seconds_of(std::chrono::milliseconds duration) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::seconds>(duration).count());
}

void append_gauge(std::string& out, std::string_view name, std::string_view help) {
  append_family(out, name, help, metrics::Kind::Gauge);
}

}  // namespace

std::string cluster_metrics(const cluster::ObservationStats& stats) {
  // In the order of SweepLane.
  constexpr std::array<std::string_view, cluster::kSweepLanes> kLanes = {"awaited", "regular",
                                                                         "silent"};
  constexpr std::string_view kAge = "mex_cluster_observation_age_seconds";
  constexpr std::string_view kSilent = "mex_cluster_silent_api_servers";
  constexpr std::string_view kUnderWay = "mex_cluster_api_server_sweeps";
  constexpr std::string_view kWaiting = "mex_cluster_api_server_sweeps_waiting";
  std::string text;
  append_gauge(text, kAge, "Age of the oldest of what is known of servers, and of API servers.");
  append_sample(text, kAge, label_text({{"of", "servers"}}), seconds_of(stats.oldest.servers));
  append_sample(text, kAge, label_text({{"of", "api_servers"}}),
                seconds_of(stats.oldest.api_servers));
  append_gauge(text, kSilent, "API servers that did not answer the last time.");
  append_sample(text, kSilent, "", stats.oldest.silent_api_servers);
  append_gauge(text, kUnderWay, "API servers that are being asked how they are.");
  for (std::size_t i = 0; i < kLanes.size(); ++i) {
    append_sample(text, kUnderWay, label_text({{"lane", kLanes.at(i)}}),
                  stats.sweeps.at(i).under_way);
  }
  append_gauge(text, kWaiting, "API servers that are due to be asked and wait for their turn.");
  for (std::size_t i = 0; i < kLanes.size(); ++i) {
    append_sample(text, kWaiting, label_text({{"lane", kLanes.at(i)}}), stats.sweeps.at(i).waiting);
  }
  return text;
}

std::string cluster_metrics(const std::vector<cluster::ClusterView>& clusters) {
  constexpr const char* kName = "mex_cluster_certificate_not_after_seconds";
  std::string text;
  for (const cluster::ClusterView& each : clusters) {
    if (!each.first_certificate_end) continue;
    if (text.empty()) {
      metrics::append_family(text, kName,
                             "When the first of the cluster's certificates ends, as seconds since "
                             "1970.",
                             metrics::Kind::Gauge);
    }
    const auto end = std::chrono::floor<std::chrono::seconds>(*each.first_certificate_end);
    metrics::append_sample(
        text, kName, metrics::label_text({{"tenant", each.tenant}, {"cluster", each.name}}),
        static_cast<std::uint64_t>(std::max<std::int64_t>(end.time_since_epoch().count(), 0)));
  }
  return text;
}

}  // namespace mex::api
