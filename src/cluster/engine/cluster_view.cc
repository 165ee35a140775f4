#include "cluster/engine/cluster_view.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <utility>

#include "cluster/engine/cluster_credentials.h"
#include "cluster/steps/api_server_access.h"

namespace mex::cluster {
namespace {

// What the nodes have of one thing, in their order: "m1.small,m1.gpu".
std::string distinct(const ClusterSpec& spec, std::string NodeSpec::*member) {
  std::vector<std::string_view> values;
  for (const NodeSpec& node : spec.nodes) {
    if (std::find(values.begin(), values.end(), node.*member) == values.end()) {
      values.push_back(node.*member);
    }
  }
  return fmt::format("{}", fmt::join(values, ","));
}

std::string id_of(const ClusterRecord& cluster, const ResourceKey& key) {
  const auto found = cluster.resources.find(key);
  return found == cluster.resources.end() ? std::string() : found->second;
}

void add_server(NodeView& node, const Observation& observation) {
  const auto server = observation.servers.find(node.server_id);
  if (server == observation.servers.end()) return;
  node.status = server->second.status;
  node.fault = server->second.fault;
}

void add_kubernetes_node(NodeView& node, const KubernetesSweep* kubernetes) {
  if (kubernetes == nullptr || !kubernetes->api_is_ready()) return;
  const auto found = kubernetes->nodes.find(node.name);
  if (found == kubernetes->nodes.end()) return;
  const kubernetes::NodeCondition* ready = found->second.condition("Ready");
  node.ready = ready == nullptr ? "Unknown" : ready->status;
  if (!found->second.ready()) node.not_ready_because = why_not_ready(found->second);
  node.kubelet_version = found->second.kubelet_version;
}

NodeView node_view(const ClusterRecord& cluster, const NodeSpec& spec,
                   const Observation& observation) {
  const ResourceKey key{ResourceKind::Server, spec.slot};
  NodeView node;
  node.slot = spec.slot;
  node.name = resource_name(cluster.spec.name, cluster.id, key);
  node.role = to_string(spec.role);
  if (spec.role == NodeRole::Worker) node.pool = spec.group;
  node.nova_flavor = spec.nova_flavor;
  node.image = spec.image;
  node.image_id = spec.image_id;
  node.nova_flavor_id = spec.nova_flavor_id;
  node.zone = spec.zone;
  node.address = address_of(cluster, spec);
  node.server_id = id_of(cluster, key);
  add_server(node, observation);
  add_kubernetes_node(node, observation.kubernetes);
  return node;
}

}  // namespace

ClusterView view_of(const ClusterRecord& cluster, const Observation& observation,
                    std::string_view fqdn) {
  const ClusterSpec& spec = cluster.spec;
  ClusterView view;
  view.id = cluster.id;
  view.tenant = spec.tenant;
  view.name = spec.name;
  view.kind = spec.flavor.name;
  view.flavor_revision = spec.flavor_revision;
  view.flavor = distinct(spec, &NodeSpec::nova_flavor);
  view.image = distinct(spec, &NodeSpec::image);
  view.region = spec.region;
  view.zone = distinct(spec, &NodeSpec::zone);
  view.network = spec.network;
  view.subnet = spec.subnet;
  view.network_id = id_of(cluster, {ResourceKind::Network, {}});
  view.subnet_id = id_of(cluster, {ResourceKind::Subnet, {}});
  view.router_id = id_of(cluster, {ResourceKind::Router, {}});
  view.security_group_id = id_of(cluster, {ResourceKind::SecurityGroup, {}});
  view.gateway = cluster.gateway;
  view.api_server_name = api_server_name(spec, fqdn);
  view.phase = cluster.phase;
  view.reason = cluster.reason;
  view.created = cluster.created;
  view.operation_id = cluster.operation_id;
  for (const NodeSpec& node : spec.nodes) {
    view.nodes.push_back(node_view(cluster, node, observation));
  }
  view.conditions = cluster.conditions;
  return view;
}

OperationView view_of(const OperationRecord& operation) {
  OperationView view = operation;
  if (const StepView* blocked = blocked_step(operation)) {
    view.state = OperationState::Blocked;
    view.reason = blocked->reason;
  }
  return view;
}

const StepView* blocked_step(const OperationView& operation) {
  if (has_ended(operation)) return nullptr;
  const auto found =
      std::find_if(operation.steps.begin(), operation.steps.end(), [](const StepView& step) {
        const bool runs_again = step.state == StepState::Running && step.is_retried;
        return step.state == StepState::Blocked || runs_again;
      });
  return found == operation.steps.end() ? nullptr : &*found;
}

std::optional<ClusterEndpoints> endpoints_of(const ClusterRecord& cluster, std::string_view fqdn) {
  if (cluster.phase == ClusterPhase::Destroying) return std::nullopt;
  ClusterEndpoints endpoints;
  endpoints.cluster_id = cluster.id;
  // The agent knows no API server of a cluster that its image makes, but origins of /v1/proxy are
  // there.
  if (cluster.spec.is_managed()) {
    endpoints.api_server_name = api_server_name(cluster.spec, fqdn);
    endpoints.master_addresses = master_addresses(cluster);
  }
  if (cluster.spec.isolated()) {
    endpoints.subnet = cluster.spec.subnet;
    endpoints.gateway = cluster.gateway;
  }
  return endpoints;
}

}  // namespace mex::cluster
