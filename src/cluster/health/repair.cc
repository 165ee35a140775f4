#include "cluster/health/repair.h"

#include <algorithm>
#include <chrono>

#include "base/status.h"
#include "cluster/steps/node_bootstrap.h"

namespace mex::cluster {
namespace {

constexpr std::chrono::hours kBudgetTime{1};

// Unknown: it was not observed, or the API server does not answer.
enum class Fault { None, Unknown, ServerGone, ServerError, NodeNotReady };

Fault fault_of_server(const ClusterRecord& cluster, const NodeSpec& node,
                      const Observation& observation) {
  if (!observation.servers_seen) return Fault::Unknown;
  const auto id = cluster.resources.find({ResourceKind::Server, node.slot});
  const auto server = id == cluster.resources.end() ? observation.servers.end()
                                                    : observation.servers.find(id->second);
  if (server == observation.servers.end()) return Fault::ServerGone;
  return server->second.status == "ERROR" ? Fault::ServerError : Fault::None;
}

// Null if the node is not there.
const kubernetes::Node* node_of(const ClusterRecord& cluster, const NodeSpec& spec,
                                const KubernetesSweep& sweep) {
  const auto found = sweep.nodes.find(node_name(cluster.spec, cluster.id, spec));
  return found == sweep.nodes.end() ? nullptr : &found->second;
}

Fault fault_of_node(const ClusterRecord& cluster, const NodeSpec& spec,
                    const Observation& observation) {
  if (observation.kubernetes == nullptr || !observation.kubernetes->api_is_ready())
    return Fault::Unknown;
  const kubernetes::Node* node = node_of(cluster, spec, *observation.kubernetes);
  return node != nullptr && node->ready() ? Fault::None : Fault::NodeNotReady;
}

// What is wrong with the server tells more than what is wrong with its node.
Fault fault_of(const ClusterRecord& cluster, const NodeSpec& node, const Observation& observation) {
  const Fault of_server = fault_of_server(cluster, node, observation);
  if (of_server == Fault::ServerGone || of_server == Fault::ServerError) return of_server;
  const Fault of_node = fault_of_node(cluster, node, observation);
  return of_node == Fault::None ? of_server : of_node;
}

// When the fault began that is seen now. The API server's clock is another one: a transition is
// believed only where it makes the node unhealthy for a shorter time, so that a clock that is wrong
// may delay a repair and never hastens one.
base::WallTime since_when(const ClusterRecord& cluster, const NodeSpec& spec, Fault fault,
                          const Observation& observation, base::WallTime now) {
  const auto known = cluster.unhealthy_since.find(spec.slot);
  if (known == cluster.unhealthy_since.end()) return now;
  if (fault != Fault::NodeNotReady) return known->second;
  const kubernetes::Node* node = node_of(cluster, spec, *observation.kubernetes);
  const auto* ready = node == nullptr ? nullptr : node->condition("Ready");
  const bool is_younger = ready != nullptr && ready->last_transition > known->second;
  return is_younger && ready->last_transition <= now ? ready->last_transition : known->second;
}

std::size_t repairs_left(const ClusterRecord& cluster, base::WallTime now) {
  const auto recent = std::count_if(cluster.repairs.begin(), cluster.repairs.end(),
                                    [&](base::WallTime time) { return now - time < kBudgetTime; });
  const auto budget = static_cast<std::ptrdiff_t>(cluster.spec.flavor.health_policy.repair_budget);
  return recent >= budget ? 0 : static_cast<std::size_t>(budget - recent);
}

}  // namespace

RepairDecision decide_repair(const ClusterRecord& cluster, const Observation& observation,
                             std::chrono::milliseconds vanished, base::WallTime now) {
  RepairDecision decision;
  std::vector<std::string> silent;  // nodes that are not Ready for too long
  std::size_t workers = 0;
  std::size_t not_ready = 0;
  for (const NodeSpec& node : cluster.spec.nodes) {
    if (node.role != NodeRole::Worker) continue;
    ++workers;
    const Fault fault = fault_of(cluster, node, observation);
    if (fault == Fault::None) continue;
    if (fault == Fault::Unknown) {
      const auto known = cluster.unhealthy_since.find(node.slot);
      if (known != cluster.unhealthy_since.end()) decision.unhealthy_since.insert(*known);
      continue;
    }
    if (fault == Fault::NodeNotReady) ++not_ready;
    const base::WallTime since = since_when(cluster, node, fault, observation, now);
    decision.unhealthy_since[node.slot] = since;
    const auto patience = fault == Fault::ServerGone
                              ? vanished
                              : cluster.spec.flavor.health_policy.nodes_ready_deadline;
    // A server in ERROR does not come back by itself.
    if (fault != Fault::ServerError && now - since < patience) continue;
    (fault == Fault::NodeNotReady ? silent : decision.slots).push_back(node.slot);
  }
  if (2 * not_ready > workers && not_ready > 1 && !silent.empty()) {
    decision.suppressed_reason = fmt::format(
        "{} of {} workers are not Ready: that looks like the network, so none is replaced",
        not_ready, workers);
  } else {
    decision.slots.insert(decision.slots.end(), silent.begin(), silent.end());
  }
  const std::size_t left = repairs_left(cluster, now);
  if (decision.slots.size() > left) {
    decision.suppressed_reason = fmt::format(
        "{} workers have been replaced within one hour: more is beyond the flavor's repair_budget",
        cluster.spec.flavor.health_policy.repair_budget);
    decision.slots.resize(left);
  }
  return decision;
}

}  // namespace mex::cluster
