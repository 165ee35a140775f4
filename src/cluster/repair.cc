#include "cluster/repair.h"

#include <algorithm>
#include <chrono>

#include "base/status.h"
#include "cluster/node_bootstrap.h"

namespace mex::cluster {
namespace {

constexpr std::chrono::hours kBudgetTime{1};

enum class Fault { None, ServerGone, ServerError, NodeNotReady };

Fault fault_of_server(const ClusterRecord& cluster, const NodeSpec& node, const Sight& sight) {
  if (!sight.servers_seen) return Fault::None;
  const auto id = cluster.resources.find({ResourceKind::Server, node.slot});
  const auto server =
      id == cluster.resources.end() ? sight.servers.end() : sight.servers.find(id->second);
  if (server == sight.servers.end()) return Fault::ServerGone;
  return server->second.status == "ERROR" ? Fault::ServerError : Fault::None;
}

Fault fault_of_node(const ClusterRecord& cluster, const NodeSpec& node, const Sight& sight) {
  // A silent API server says nothing of the nodes.
  if (sight.kubernetes == nullptr || !sight.kubernetes->api_is_ready()) return Fault::None;
  const auto& nodes = sight.kubernetes->nodes;
  const auto found = nodes.find(node_name(cluster.spec, cluster.id, node));
  return found != nodes.end() && found->second.ready() ? Fault::None : Fault::NodeNotReady;
}

std::size_t repairs_left(const ClusterRecord& cluster, base::WallTime now) {
  const auto recent = std::count_if(cluster.repairs.begin(), cluster.repairs.end(),
                                    [&](base::WallTime time) { return now - time < kBudgetTime; });
  const auto budget = static_cast<std::ptrdiff_t>(cluster.spec.flavor.care.repair_budget);
  return recent >= budget ? 0 : static_cast<std::size_t>(budget - recent);
}

}  // namespace

RepairDecision decide_repair(const ClusterRecord& cluster, const Sight& sight,
                             Complaining& complaining, std::chrono::milliseconds vanished,
                             base::WallTime now) {
  RepairDecision decision;
  std::vector<std::string> silent;  // nodes that are not Ready for too long
  std::size_t workers = 0;
  std::size_t not_ready = 0;
  for (const NodeSpec& node : cluster.spec.nodes) {
    if (node.role != NodeRole::Worker) continue;
    ++workers;
    Fault fault = fault_of_server(cluster, node, sight);
    if (fault == Fault::None) fault = fault_of_node(cluster, node, sight);
    if (fault == Fault::None) {
      complaining.erase(node.slot);
      continue;
    }
    if (fault == Fault::NodeNotReady) ++not_ready;
    const base::WallTime since = complaining.try_emplace(node.slot, now).first->second;
    const auto patience =
        fault == Fault::ServerGone ? vanished : cluster.spec.flavor.care.nodes_ready_deadline;
    // A server in ERROR does not come back by itself.
    if (fault != Fault::ServerError && now - since < patience) continue;
    (fault == Fault::NodeNotReady ? silent : decision.slots).push_back(node.slot);
  }
  if (2 * not_ready > workers && not_ready > 1 && !silent.empty()) {
    decision.held_back = fmt::format(
        "{} of {} workers are not Ready: that looks like the network, so none is replaced",
        not_ready, workers);
  } else {
    decision.slots.insert(decision.slots.end(), silent.begin(), silent.end());
  }
  const std::size_t left = repairs_left(cluster, now);
  if (decision.slots.size() > left) {
    decision.held_back = fmt::format(
        "{} workers have been replaced within one hour: more is beyond the flavor's repair_budget",
        cluster.spec.flavor.care.repair_budget);
    decision.slots.resize(left);
  }
  return decision;
}

}  // namespace mex::cluster
