#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "base/status.h"
#include "cluster/engine/cluster_engine.h"

// What the list of servers means for a cluster, and what the outside sees of it.
namespace mex::cluster {
namespace {

const openstack::Server* find_server(const ServerSweep& sweep, const std::string& id) {
  for (const openstack::Server& server : sweep.servers) {
    if (server.id == id) return &server;
  }
  return nullptr;
}

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

bool is_waiting(const StepView& step) { return step.state == StepState::Running; }

}  // namespace

SweepInterest ClusterEngine::interest() const {
  const std::lock_guard lock(mutex_);
  for (const PlannedStep& planned : graph_.steps()) {
    const bool is_awaiting_server = std::holds_alternative<AwaitActive>(planned.action) ||
                                    std::holds_alternative<AwaitGone>(planned.action);
    if (!is_awaiting_server) continue;
    const auto step = std::find_if(operation_.steps.begin(), operation_.steps.end(),
                                   [&](const StepView& view) { return view.name == planned.name; });
    if (step != operation_.steps.end() && is_waiting(*step)) return SweepInterest::Urgent;
  }
  return cluster_.phase == ClusterPhase::Active ? SweepInterest::Idle : SweepInterest::None;
}

bool ClusterEngine::observe(const ServerSweep& sweep) {
  const std::lock_guard lock(mutex_);
  if (sweep.status.ok()) {
    servers_.clear();
    servers_seen_ = sweep.seen;
    for (const auto& [key, id] : cluster_.resources) {
      if (key.kind != ResourceKind::Server) continue;
      if (const auto* server = find_server(sweep, id)) {
        servers_[id] = {server->status, server->fault};
      }
    }
  }
  if (has_ended(operation_)) {
    consider_repair();
    persist_changes();
    return false;
  }
  bool is_changed = false;
  for (const PlannedStep& planned : graph_.steps()) {
    StepView& step = *find_step(operation_, planned.name);
    if (!is_waiting(step)) continue;
    if (const auto* boot = std::get_if<AwaitActive>(&planned.action)) {
      observe_boot(step, *boot, sweep);
    } else if (const auto* gone = std::get_if<AwaitGone>(&planned.action)) {
      if (sweep.status.ok() && find_server(sweep, gone->server_id) == nullptr) finish_awaited(step);
    }
    is_changed = is_changed || !is_waiting(step);
  }
  if (is_changed) advance();
  persist_changes();
  return is_changed;
}

void ClusterEngine::finish_awaited(StepView& step) {
  step.state = StepState::Done;
  step.ended = context_.clock.wall_now();
  step.reason = {};
  step.retry_at.reset();
}

// Two servers can have been asked for with one port, when a call took effect late: the loser goes
// to ERROR and the other one is as good.
bool ClusterEngine::adopt_other_server(const ResourceKey& key, const std::string& broken,
                                       const ServerSweep& sweep) {
  const std::string name = resource_name(cluster_.spec.name, cluster_.id, key);
  for (const openstack::Server& server : sweep.servers) {
    if (server.name != name || server.id == broken || server.status == "ERROR") continue;
    cluster_.resources[key] = server.id;
    has_duplicates_ = true;
    return true;
  }
  return false;
}

void ClusterEngine::observe_boot(StepView& step, const AwaitActive& await,
                                 const ServerSweep& sweep) {
  const ResourceKey key{ResourceKind::Server, await.slot};
  const std::string id = cluster_.resources[key];
  const std::string name = resource_name(cluster_.spec.name, cluster_.id, key);
  const auto waited = context_.clock.wall_now() - step.started.value_or(sweep.seen);
  Reason reason;
  const openstack::Server* server = find_server(sweep, id);
  if (!sweep.status.ok()) {
    step.reason =
        because(absl::StatusCodeToString(sweep.status.code()),
                fmt::format("the servers could not be listed: {}", base::message_of(sweep.status)));
    step.reason.request_id = base::detail_of(sweep.status).request_id;
  } else if (server == nullptr) {
    if (waited < context_.timing.vanished) return;
    reason.message = fmt::format("server {} ({}) is not there any more", name, id);
    reason.code = "ServerGone";
  } else if (server->status == "ACTIVE") {
    step.resource_id = id;
    return finish_awaited(step);
  } else if (server->status == "ERROR") {
    if (adopt_other_server(key, id, sweep)) return;
    reason.message = fmt::format("server {} ({}) is in ERROR: {}", name, id,
                                 server->fault.empty() ? "Nova gives no reason" : server->fault);
    reason.code = "ServerError";
  } else {
    step.reason = {};
  }
  if (reason.empty() && waited >= cluster_.spec.flavor.health_policy.boot_deadline) {
    reason.message = fmt::format(
        "server {} ({}) was not ACTIVE after {}{}", name, id,
        duration_text(cluster_.spec.flavor.health_policy.boot_deadline),
        server == nullptr ? "" : fmt::format(": it is {} {}", server->status, server->task_state));
    reason.code = "BootDeadline";
  }
  if (reason.empty()) return;
  if (const StepView* request = find_step(operation_, to_string(key))) {
    reason.request_id = request->request_id;
  }
  step.state = StepState::Failed;
  step.ended = context_.clock.wall_now();
  step.reason = reason;
  fail(std::move(reason));
}

ClusterRecord ClusterEngine::record() const {
  const std::lock_guard lock(mutex_);
  return cluster_;
}

ClusterView ClusterEngine::view() const {
  const std::lock_guard lock(mutex_);
  const ClusterSpec& spec = cluster_.spec;
  ClusterView view;
  view.id = cluster_.id;
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
  const auto id_of = [this](ResourceKind kind) {
    const auto found = cluster_.resources.find(ResourceKey{kind, {}});
    return found == cluster_.resources.end() ? std::string() : found->second;
  };
  view.network_id = id_of(ResourceKind::Network);
  view.subnet_id = id_of(ResourceKind::Subnet);
  view.router_id = id_of(ResourceKind::Router);
  view.security_group_id = id_of(ResourceKind::SecurityGroup);
  view.gateway = cluster_.gateway;
  view.api_server_name = api_server_name(spec, context_.fqdn);
  view.phase = cluster_.phase;
  view.reason = cluster_.reason;
  view.created = cluster_.created;
  view.operation_id = cluster_.operation_id;
  for (const NodeSpec& spec_node : spec.nodes) {
    const ResourceKey key{ResourceKind::Server, spec_node.slot};
    NodeView node;
    node.slot = spec_node.slot;
    node.name = resource_name(spec.name, cluster_.id, key);
    node.role = to_string(spec_node.role);
    if (spec_node.role == NodeRole::Worker) node.pool = spec_node.group;
    node.nova_flavor = spec_node.nova_flavor;
    node.image = spec_node.image;
    node.zone = spec_node.zone;
    node.address = address_of(cluster_, spec_node);
    if (const auto id = cluster_.resources.find(key); id != cluster_.resources.end()) {
      node.server_id = id->second;
      if (const auto seen = servers_.find(id->second); seen != servers_.end()) {
        node.status = seen->second.status;
        node.fault = seen->second.fault;
      }
    }
    show_kubernetes_node(node);
    view.nodes.push_back(std::move(node));
  }
  view.conditions = cluster_.conditions;
  return view;
}

std::vector<OperationView> ClusterEngine::operations() const {
  const std::lock_guard lock(mutex_);
  std::vector<OperationView> views;
  if (waiting_) views.push_back(*waiting_);
  views.push_back(operation_);
  OperationView& view = views.back();
  const auto blocked = std::find_if(view.steps.begin(), view.steps.end(), [](const StepView& step) {
    return step.state == StepState::Blocked;
  });
  if (!has_ended(view) && blocked != view.steps.end()) {
    view.state = OperationState::Blocked;
    view.reason = blocked->reason;
  }
  return views;
}

}  // namespace mex::cluster
