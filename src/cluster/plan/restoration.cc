#include "cluster/plan/restoration.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>
#include <system_error>

namespace mex::cluster {
namespace {

// "worker-12" of the pool "worker".
bool is_node_of(std::string_view slot, std::string_view pool) {
  if (slot.size() <= pool.size() + 1 || !slot.starts_with(pool) || slot[pool.size()] != '-') {
    return false;
  }
  const std::string_view digits = slot.substr(pool.size() + 1);
  int number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return error == std::errc() && end == digits.data() + digits.size() && number > 0;
}

}  // namespace

std::optional<NodeSpec> node_not_wanted(const ClusterRecord& record,
                                        const ObservedResource& resource) {
  if (resource.kind != ResourceKind::Server && resource.kind != ResourceKind::Port) {
    return std::nullopt;
  }
  const std::string prefix =
      resource_name(record.spec.name, record.id, {ResourceKind::Server, std::string()});
  const std::string_view stem =
      std::string_view(prefix).substr(0, prefix.size() - to_string(ResourceKind::Server).size());
  if (!resource.name.starts_with(stem)) return std::nullopt;
  const std::string slot = resource.name.substr(stem.size());
  if (find_node(record.spec, slot) != nullptr) return std::nullopt;
  for (const WorkerPool& pool : record.spec.flavor.worker_pools) {
    if (!is_node_of(slot, pool.name)) continue;
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
