#include "cluster/engine/fault_census.h"

#include <fmt/format.h>

namespace mex::cluster {

void FaultCensus::report(const std::string& cluster_id, std::size_t nodes, std::size_t faulty) {
  const base::MutexLock lock(mutex_);
  by_cluster_[cluster_id] = {nodes, faulty};
}

void FaultCensus::forget(const std::string& cluster_id) {
  const base::MutexLock lock(mutex_);
  by_cluster_.erase(cluster_id);
}

std::string FaultCensus::problem() const {
  const base::MutexLock lock(mutex_);
  Count all;
  for (const auto& [id, count] : by_cluster_) {
    all.nodes += count.nodes;
    all.faulty += count.faulty;
  }
  if (5 * all.faulty <= all.nodes || all.faulty <= 3) return {};
  return fmt::format(
      "{} of the {} nodes of all clusters are faulty at once: that looks like the cloud or the "
      "network, so none is replaced",
      all.faulty, all.nodes);
}

}  // namespace mex::cluster
