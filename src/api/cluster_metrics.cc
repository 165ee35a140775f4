#include "api/cluster_metrics.h"

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "metrics/text_format.h"

namespace mex::api {

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
