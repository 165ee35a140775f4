#include "cluster/health/repair.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "cluster/steps/node_bootstrap.h"

namespace mex::cluster {
namespace {

constexpr std::chrono::hours kBudgetTime{1};

enum class Fault { None, Unknown, ServerGone, ServerError, NodeNotReady };

Fault fault_of_server(const ClusterRecord& cluster, const NodeSpec& node,
                      const Observation& observation) {
  if (cluster.resources.count({ResourceKind::Server, node.slot}) == 0) {
    return Fault::ServerGone;  // the agent itself removed it
  }
  const ObservedServer* server = find_observed(observation, cluster, node.slot);
  if (server == nullptr || server->is_old) return Fault::Unknown;
  if (server->is_deleted) return Fault::ServerGone;
  if (server->status == "UNKNOWN") return Fault::Unknown;
  return server->status == "ERROR" ? Fault::ServerError : Fault::None;
}

// Null if the node is not there.
const kubernetes::Node* node_of(const ClusterRecord& cluster, const NodeSpec& spec,
                                const Observation& observation) {
  const auto& nodes = observation.kubernetes->nodes;
  const auto found = nodes.find(node_name(cluster.spec, cluster.id, spec));
  return found == nodes.end() ? nullptr : &found->second;
}

Fault fault_of_node(const ClusterRecord& cluster, const NodeSpec& spec,
                    const Observation& observation) {
  const KubernetesSweep* sweep = observation.kubernetes;
  if (sweep == nullptr || observation.is_kubernetes_old || !sweep->api_is_ready()) {
    return Fault::Unknown;
  }
  const kubernetes::Node* node = node_of(cluster, spec, observation);
  return node != nullptr && node->ready() ? Fault::None : Fault::NodeNotReady;
}

Fault fault_of(const ClusterRecord& cluster, const NodeSpec& node, const Observation& observation) {
  const Fault of_node = fault_of_node(cluster, node, observation);
  if (of_node == Fault::Unknown) return Fault::Unknown;
  const Fault of_server = fault_of_server(cluster, node, observation);
  // A Ready node has a machine: the node says so itself, and the cloud may be wrong.
  if (of_node == Fault::None && of_server == Fault::ServerGone) return Fault::Unknown;
  if (of_server == Fault::ServerGone || of_server == Fault::ServerError) return of_server;
  return of_node;
}

bool is_marked(const ClusterRecord& cluster, const NodeSpec& node, const Observation& observation) {
  const ObservedServer* server = find_observed(observation, cluster, node.slot);
  return server == nullptr || server->is_deleted || server->is_marked;
}

// Of a node that came back and was lost again between two observations, time begins with the loss.
UnhealthyTime unhealthy_time(const ClusterRecord& cluster, const NodeSpec& spec,
                             const Observation& observation, std::chrono::milliseconds elapsed) {
  const kubernetes::Node* node = node_of(cluster, spec, observation);
  const auto* ready = node == nullptr ? nullptr : node->condition("Ready");
  UnhealthyTime time{.observed = std::chrono::milliseconds(0),
                     .transition = ready == nullptr ? base::WallTime() : ready->last_transition};
  const auto known = cluster.unhealthy.find(spec.slot);
  if (known == cluster.unhealthy.end()) return time;
  const bool is_another = ready != nullptr && known->second.transition != base::WallTime() &&
                          known->second.transition != time.transition;
  if (!is_another) time.observed = known->second.observed + elapsed;
  return time;
}

std::size_t repairs_left(const ClusterRecord& cluster, base::WallTime now) {
  const auto recent = std::count_if(cluster.repairs.begin(), cluster.repairs.end(),
                                    [&](base::WallTime time) { return now - time < kBudgetTime; });
  const auto budget = static_cast<std::ptrdiff_t>(cluster.spec.flavor.health_policy.repair_budget);
  return recent >= budget ? 0 : static_cast<std::size_t>(budget - recent);
}

// Keeps of `decision.slots` what may be replaced now, and says why the rest is not.
void hold_back(RepairDecision& decision, const ClusterRecord& cluster, const RepairContext& context,
               std::size_t faulty, std::size_t workers) {
  if (decision.slots.empty()) return;
  if (2 * faulty > workers && faulty > 1) {
    decision.suppressed_reason = fmt::format(
        "{} of {} workers are faulty at once: that looks like the cloud or the network, so none is "
        "replaced",
        faulty, workers);
    return decision.slots.clear();
  }
  if (!context.fleet_problem.empty()) {
    decision.suppressed_reason = context.fleet_problem;
    return decision.slots.clear();
  }
  const std::size_t left = repairs_left(cluster, context.now);
  if (decision.slots.size() <= left) return;
  decision.suppressed_reason = fmt::format(
      "{} workers have been replaced within one hour: more is beyond the flavor's repair_budget",
      cluster.spec.flavor.health_policy.repair_budget);
  decision.slots.resize(left);
}

}  // namespace

RepairDecision decide_repair(const ClusterRecord& cluster, const Observation& observation,
                             const RepairContext& context) {
  RepairDecision decision;
  std::size_t workers = 0;
  std::size_t faulty = 0;
  std::string unmarked;
  for (const NodeSpec& node : cluster.spec.nodes) {
    if (node.role != NodeRole::Worker) continue;
    ++workers;
    const Fault fault = fault_of(cluster, node, observation);
    if (fault == Fault::None) continue;
    if (fault == Fault::Unknown) {
      const auto known = cluster.unhealthy.find(node.slot);
      if (known != cluster.unhealthy.end()) decision.unhealthy.insert(*known);
      continue;
    }
    ++faulty;
    const UnhealthyTime time = unhealthy_time(cluster, node, observation, context.elapsed);
    decision.unhealthy[node.slot] = time;
    const auto patience = fault == Fault::NodeNotReady
                              ? cluster.spec.flavor.health_policy.nodes_ready_deadline
                              : context.vanished;
    if (time.observed < patience) continue;
    if (is_marked(cluster, node, observation)) {
      decision.slots.push_back(node.slot);
    } else {
      unmarked += (unmarked.empty() ? "" : ", ") + node.slot;
    }
  }
  hold_back(decision, cluster, context, faulty, workers);
  if (decision.suppressed_reason.empty() && !unmarked.empty()) {
    decision.suppressed_reason = fmt::format(
        "{}: the agent's mark (description, tags) was taken off its server, so it is not replaced",
        unmarked);
  }
  return decision;
}

std::size_t count_faults(const ClusterRecord& cluster, const Observation& observation) {
  return static_cast<std::size_t>(
      std::count_if(cluster.spec.nodes.begin(), cluster.spec.nodes.end(), [&](const auto& node) {
        const Fault of_server = fault_of_server(cluster, node, observation);
        return of_server == Fault::ServerGone || of_server == Fault::ServerError ||
               fault_of_node(cluster, node, observation) == Fault::NodeNotReady;
      }));
}

}  // namespace mex::cluster
