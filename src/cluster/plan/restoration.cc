#include "cluster/plan/restoration.h"

#include <algorithm>
#include <string>

namespace mex::cluster {
std::optional<NodeSpec> node_not_wanted(const ClusterRecord& record,
                                        const ObservedResource& resource) {
  const bool is_of_a_node = resource.kind == ResourceKind::Server ||
                            resource.kind == ResourceKind::Port ||
                            resource.kind == ResourceKind::Volume;
  if (!is_of_a_node) return std::nullopt;
  const std::string prefix = name_prefix(record.spec.name, record.id);
  if (!resource.name.starts_with(prefix)) return std::nullopt;
  const std::string slot = resource.name.substr(prefix.size());
  if (find_node(record.spec, slot) != nullptr) return std::nullopt;
  for (const WorkerPool& pool : record.spec.flavor.worker_pools) {
    if (!node_number(slot, pool.name)) continue;
    NodeSpec node;
    node.slot = slot;
    node.group = pool.name;
    node.role = NodeRole::Worker;
    return node;
  }
  return std::nullopt;
}

ClusterRecord restored(const ClusterRecord& record, const std::vector<Restoration>& restorations,
                       const std::vector<NodeSpec>& nodes_not_wanted) {
  ClusterRecord changed = record;
  for (const Restoration each : restorations) {
    auto& all = changed.restoring;
    if (std::find(all.begin(), all.end(), each) == all.end()) all.push_back(each);
  }
  for (const NodeSpec& node : nodes_not_wanted) {
    const bool is_leaving =
        std::any_of(changed.leaving.begin(), changed.leaving.end(),
                    [&](const NodeSpec& other) { return other.slot == node.slot; });
    if (!is_leaving) changed.leaving.push_back(node);
  }
  return changed;
}

}  // namespace mex::cluster
