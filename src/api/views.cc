#include "api/views.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "api/timestamp.h"

namespace mex::api {
namespace {

namespace v1 = ::mexosagent::v1;

v1::Reason reason_of(const cluster::Reason& reason) {
  v1::Reason result;
  result.set_message(reason.message);
  result.set_code(reason.code);
  result.set_openstack_request_id(reason.request_id);
  result.set_next(reason.next);
  result.set_console(reason.console);
  return result;
}

bool worth_showing(const cluster::Reason& reason) {
  return !reason.empty() || !reason.next.empty();
}

v1::Cluster::State state_of(cluster::ClusterPhase phase) {
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

v1::Operation::State state_of(cluster::OperationState state) {
  switch (state) {
    case cluster::OperationState::Running:
      return v1::Operation::RUNNING;
    case cluster::OperationState::Blocked:
      return v1::Operation::BLOCKED;
    case cluster::OperationState::Done:
      return v1::Operation::DONE;
    case cluster::OperationState::Failed:
      return v1::Operation::FAILED;
    case cluster::OperationState::Cancelled:
      return v1::Operation::CANCELLED;
  }
  return v1::Operation::STATE_UNSPECIFIED;
}

v1::Operation::Kind kind_of(cluster::OperationKind kind) {
  switch (kind) {
    case cluster::OperationKind::Create:
      return v1::Operation::CREATE;
    case cluster::OperationKind::Destroy:
      return v1::Operation::DESTROY;
    case cluster::OperationKind::Scale:
      return v1::Operation::SCALE;
    case cluster::OperationKind::Replace:
      return v1::Operation::REPLACE;
    case cluster::OperationKind::Repair:
      return v1::Operation::REPAIR;
  }
  return v1::Operation::KIND_UNSPECIFIED;
}

v1::OperationStep::State state_of(cluster::StepState state) {
  switch (state) {
    case cluster::StepState::Pending:
      return v1::OperationStep::PENDING;
    case cluster::StepState::Running:
      return v1::OperationStep::RUNNING;
    case cluster::StepState::Blocked:
      return v1::OperationStep::BLOCKED;
    case cluster::StepState::Done:
      return v1::OperationStep::DONE;
    case cluster::StepState::Failed:
      return v1::OperationStep::FAILED;
    case cluster::StepState::Skipped:
      return v1::OperationStep::SKIPPED;
  }
  return v1::OperationStep::STATE_UNSPECIFIED;
}

v1::OperationStep step_of(const cluster::StepView& view) {
  v1::OperationStep step;
  step.set_name(view.name);
  step.set_state(state_of(view.state));
  if (view.started) *step.mutable_started_at() = timestamp(*view.started);
  if (view.ended) *step.mutable_ended_at() = timestamp(*view.ended);
  step.set_attempts(view.attempts);
  if (worth_showing(view.reason)) *step.mutable_reason() = reason_of(view.reason);
  if (view.retry_at) *step.mutable_retry_at() = timestamp(*view.retry_at);
  step.set_resource_id(view.resource_id);
  step.set_openstack_request_id(view.request_id);
  return step;
}

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
  return node;
}

v1::Condition condition_of(const cluster::ConditionView& view) {
  v1::Condition condition;
  condition.set_type(view.type);
  condition.set_status(view.status);
  if (worth_showing(view.reason)) *condition.mutable_reason() = reason_of(view.reason);
  *condition.mutable_observed_at() = timestamp(view.observed_at);
  *condition.mutable_last_transition_at() = timestamp(view.since);
  return condition;
}

v1::Audit audit_of(const cluster::AuditView& view) {
  v1::Audit audit;
  audit.mutable_found()->Assign(view.found.begin(), view.found.end());
  audit.mutable_removed()->Assign(view.removed.begin(), view.removed.end());
  audit.mutable_refused()->Assign(view.refused.begin(), view.refused.end());
  return audit;
}

// The earliest of the blocked steps' times.
std::optional<base::WallTime> next_try(const std::vector<cluster::StepView>& steps) {
  std::optional<base::WallTime> earliest;
  for (const cluster::StepView& step : steps) {
    if (step.state != cluster::StepState::Blocked || !step.retry_at) continue;
    earliest = earliest ? std::min(*earliest, *step.retry_at) : *step.retry_at;
  }
  return earliest;
}

// One line of all that a reason holds, for the API whose fields are plain text.
std::string line_of(const cluster::Reason& reason) {
  std::string line = reason.message;
  if (!reason.request_id.empty() && line.find(reason.request_id) == std::string::npos) {
    line += " (" + reason.request_id + ")";
  }
  if (!reason.next.empty()) line += (line.empty() ? "" : "; ") + reason.next;
  return line;
}

}  // namespace

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
  cluster.set_state(state_of(view.phase));
  if (worth_showing(view.reason)) *cluster.mutable_reason() = reason_of(view.reason);
  for (const auto& condition : view.conditions) *cluster.add_conditions() = condition_of(condition);
  cluster.set_operation(view.operation_id);
  *cluster.mutable_network() = network_of(view);
  for (const auto& node : view.nodes) *cluster.add_nodes() = node_of(node);
  *cluster.mutable_created_at() = timestamp(view.created);
  cluster.set_flavor_revision(view.flavor_revision);
  cluster.set_api_server_name(view.api_server_name);
  return cluster;
}

v1::Operation to_proto(const cluster::OperationView& view) {
  v1::Operation operation;
  operation.set_id(view.id);
  operation.set_kind(kind_of(view.kind));
  operation.set_state(state_of(view.state));
  operation.set_tenant(view.tenant);
  operation.set_cluster(view.cluster_name);
  operation.set_cluster_id(view.cluster_id);
  if (worth_showing(view.reason)) *operation.mutable_reason() = reason_of(view.reason);
  if (const auto time = next_try(view.steps)) *operation.mutable_retry_at() = timestamp(*time);
  *operation.mutable_created_at() = timestamp(view.created);
  if (view.ended) *operation.mutable_ended_at() = timestamp(*view.ended);
  operation.set_plan_hash(view.plan_hash);
  operation.set_subject(view.subject);
  for (const auto& step : view.steps) *operation.add_steps() = step_of(step);
  *operation.mutable_audit() = audit_of(view.audit);
  return operation;
}

v1::ProxyRoute to_proto(const routing::ProxyRouteView& view) {
  v1::ProxyRoute route;
  route.set_name(view.name);
  route.set_path(view.path);
  route.set_origin(view.origin);
  *route.mutable_changed_at() = timestamp(view.changed_at);
  v1::ProxyCounters& counters = *route.mutable_counters();
  counters.set_requests(view.counters.requests);
  counters.set_responses_1xx(view.counters.status_classes[0]);
  counters.set_responses_2xx(view.counters.status_classes[1]);
  counters.set_responses_3xx(view.counters.status_classes[2]);
  counters.set_responses_4xx(view.counters.status_classes[3]);
  counters.set_responses_5xx(view.counters.status_classes[4]);
  counters.set_request_bytes(view.counters.request_bytes);
  counters.set_response_bytes(view.counters.response_bytes);
  counters.set_origin_errors(view.counters.origin_errors);
  counters.set_total_latency_microseconds(
      static_cast<std::uint64_t>(view.counters.total_latency.count()));
  return route;
}

::api::Provision to_provision(const cluster::ClusterView& view) {
  ::api::Provision provision;
  provision.set_name(view.name);
  provision.set_image(view.image);
  provision.set_flavor(view.flavor);
  provision.set_network(view.network);
  provision.set_zone(view.zone);
  provision.set_tenant(view.tenant);
  provision.set_region(view.region);
  provision.set_kind(view.kind);
  provision.set_state(v1::Cluster::State_Name(state_of(view.phase)));
  provision.set_reason(line_of(view.reason));
  provision.set_operation(view.operation_id);
  return provision;
}

::api::Proxy to_proxy(const routing::ProxyRouteView& view) {
  ::api::Proxy proxy;
  proxy.set_name(view.name);
  proxy.set_origin(view.origin);
  proxy.set_path(view.path);
  return proxy;
}

}  // namespace mex::api
