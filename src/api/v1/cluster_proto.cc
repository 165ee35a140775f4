#include "api/v1/cluster_proto.h"

#include "api/v1/timestamp.h"

namespace mex::api {
namespace {

namespace v1 = ::mexosagent::v1;

v1::ClusterNetwork network_of(const cluster::ClusterView& view) {
  v1::ClusterNetwork network;
  network.set_shared(view.network);
  network.set_cidr(view.subnet);
  network.set_network_id(view.network_id);
  network.set_subnet_id(view.subnet_id);
  network.set_router_id(view.router_id);
  network.set_security_group_id(view.security_group_id);
  network.set_gateway(view.gateway);
  return network;
}

v1::Node node_of(const cluster::NodeView& view) {
  v1::Node node;
  node.set_slot(view.slot);
  node.set_role(view.role);
  node.set_name(view.name);
  node.set_server_id(view.server_id);
  node.set_address(view.address);
  node.set_status(view.status);
  node.set_fault(view.fault);
  node.set_pool(view.pool);
  node.set_flavor(view.nova_flavor);
  node.set_image(view.image);
  node.set_zone(view.zone);
  node.set_ready(view.ready);
  node.set_not_ready_because(view.not_ready_because);
  node.set_kubelet_version(view.kubelet_version);
  node.set_image_id(view.image_id);
  node.set_flavor_id(view.nova_flavor_id);
  return node;
}

v1::Condition condition_of(const cluster::ConditionView& view) {
  v1::Condition condition;
  condition.set_type(view.type);
  condition.set_status(view.status);
  if (is_worth_showing(view.reason)) *condition.mutable_reason() = api::to_proto(view.reason);
  *condition.mutable_observed_at() = timestamp(view.observed_at);
  *condition.mutable_last_transition_at() = timestamp(view.since);
  return condition;
}

}  // namespace

v1::Reason to_proto(const cluster::Reason& reason) {
  v1::Reason result;
  result.set_message(reason.message);
  result.set_code(reason.code);
  result.set_openstack_request_id(reason.request_id);
  result.set_next(reason.next);
  result.set_console(reason.console);
  return result;
}

v1::Cluster::State to_proto(cluster::ClusterPhase phase) {
  switch (phase) {
    case cluster::ClusterPhase::Creating:
      return v1::Cluster::CREATING;
    case cluster::ClusterPhase::Active:
      return v1::Cluster::ACTIVE;
    case cluster::ClusterPhase::Failed:
      return v1::Cluster::FAILED;
    case cluster::ClusterPhase::Destroying:
      return v1::Cluster::DESTROYING;
  }
  return v1::Cluster::STATE_UNSPECIFIED;
}

bool is_worth_showing(const cluster::Reason& reason) {
  return !reason.empty() || !reason.next.empty();
}

v1::Cluster to_proto(const cluster::ClusterView& view) {
  v1::Cluster cluster;
  cluster.set_id(view.id);
  cluster.set_tenant(view.tenant);
  cluster.set_name(view.name);
  cluster.set_kind(view.kind);
  cluster.set_flavor(view.flavor);
  cluster.set_image(view.image);
  cluster.set_region(view.region);
  cluster.set_zone(view.zone);
  cluster.set_state(to_proto(view.phase));
  if (is_worth_showing(view.reason)) *cluster.mutable_reason() = to_proto(view.reason);
  for (const auto& condition : view.conditions) *cluster.add_conditions() = condition_of(condition);
  cluster.set_operation(view.operation_id);
  *cluster.mutable_network() = network_of(view);
  for (const auto& node : view.nodes) *cluster.add_nodes() = node_of(node);
  *cluster.mutable_created_at() = timestamp(view.created);
  cluster.set_flavor_revision(view.flavor_revision);
  cluster.set_api_server_name(view.api_server_name);
  return cluster;
}

}  // namespace mex::api
