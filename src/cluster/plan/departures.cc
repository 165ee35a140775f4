#include "cluster/plan/departures.h"

#include <utility>
#include <vector>

namespace mex::cluster {

Departures::Departures(Plan& plan, const ClusterSpec& spec, std::string cluster_id, From from)
    : plan_(plan), spec_(spec), cluster_id_(std::move(cluster_id)), from_(from) {}

void Departures::remove(const NodeSpec& node, const OwnedResources& owned) {
  std::vector<StepKey> after = drain(node, {});
  const auto server = owned.find({ResourceKind::Server, node.slot});
  if (server != owned.end()) {
    const StepKey removal{StepKind::Remove, server->first};
    const StepKey gone{StepKind::AwaitGone, node.slot};
    add(removal, Remove{server->second, RemovalCause::Requested}, std::move(after));
    add(gone, AwaitGone{server->second.id()}, {removal});
    after = {gone};
  }
  forget(node, after);
  for (const ResourceKind kind : {ResourceKind::Volume, ResourceKind::Port}) {
    const auto other = owned.find({kind, node.slot});
    if (other == owned.end()) continue;
    add({StepKind::Remove, other->first}, Remove{other->second, RemovalCause::Requested}, after);
  }
}

StepKey Departures::replace(const NodeSpec& node, const Remove& removal) {
  const StepKey remove{StepKind::RemoveBroken, removal.resource.key()};
  const StepKey gone{StepKind::AwaitGone, node.slot};
  add(remove, removal, drain(node, confirm_fault(node, removal)));
  add(gone, AwaitGone{removal.resource.id()}, {remove});
  return forget(node, {gone}).front();
}

void Departures::call_off(const NodeSpec& node) {
  if (!has_node()) return;
  add({StepKind::UncordonNode, node.slot}, UncordonNode{node.slot, name_in_cluster(node)}, {});
}

void Departures::add(StepKey key, Action action, std::vector<StepKey> after) {
  PlannedStep step = plain_step(std::move(key), std::move(action));
  step.after = std::move(after);
  plan_.steps.push_back(std::move(step));
}

std::string Departures::name_in_cluster(const NodeSpec& node) const {
  return resource_name(spec_.name, cluster_id_, {ResourceKind::Server, node.slot});
}

// A machine that goes although no one asked is looked at once more before anything is done to it.
// While a cluster is made, an API server that never answered says nothing in its favour.
std::vector<StepKey> Departures::confirm_fault(const NodeSpec& node, const Remove& removal) {
  if (!spec_.is_managed() || !is_unasked(removal.cause)) return {};
  if (!has_node() && removal.cause == RemovalCause::ServerError) return {};
  const StepKey confirm{StepKind::ConfirmFault, node.slot};
  add(confirm, ConfirmFault{node.slot, name_in_cluster(node), removal, has_node()}, {});
  return {confirm};
}

// A machine that is no Ready node has nothing to be drained, which the step finds out.
std::vector<StepKey> Departures::drain(const NodeSpec& node, std::vector<StepKey> after) {
  if (!has_node()) return after;
  const StepKey drain{StepKind::DrainNode, node.slot};
  add(drain, DrainNode{node.slot, name_in_cluster(node)}, std::move(after));
  return {drain};
}

std::vector<StepKey> Departures::forget(const NodeSpec& node, std::vector<StepKey> after) {
  if (!has_node()) return after;
  const StepKey forget{StepKind::ForgetNode, node.slot};
  add(forget, ForgetNode{name_in_cluster(node)}, std::move(after));
  return {forget};
}

}  // namespace mex::cluster
