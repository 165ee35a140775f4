#include "cluster/flavor/flavor.h"

namespace mex::cluster {

std::size_t node_count(const ClusterFlavor& flavor) {
  auto count = static_cast<std::size_t>(flavor.masters.count);
  for (const WorkerPool& pool : flavor.worker_pools) count += static_cast<std::size_t>(pool.count);
  return count;
}

}  // namespace mex::cluster
