#include "cluster/flavor/flavor.h"

namespace mex::cluster {

std::size_t node_count(const ClusterFlavor& flavor) {
  auto count = static_cast<std::size_t>(flavor.masters.count);
  for (const WorkerPool& pool : flavor.worker_pools) count += static_cast<std::size_t>(pool.count);
  return count;
}

const NodeShape& shape_of(const ClusterFlavor& flavor, std::string_view group) {
  for (const WorkerPool& pool : flavor.worker_pools) {
    if (pool.name == group) return pool.shape;
  }
  return flavor.masters.shape;
}

}  // namespace mex::cluster
