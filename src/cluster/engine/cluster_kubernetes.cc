#include <algorithm>
#include <utility>

#include "base/ipv4.h"
#include "base/status.h"
#include "cluster/engine/cluster_engine.h"
#include "cluster/health/conditions.h"
#include "cluster/steps/node_bootstrap.h"

// From servers to a Kubernetes cluster: what machines are told, and what the API server says of
// them.
namespace mex::cluster {
namespace {

constexpr int kConsoleLines = 40;
constexpr std::size_t kConsolesAtOnce = 3;

void redact(std::string& text, const std::string& secret) {
  for (std::size_t at = 0; (at = text.find(secret, at)) != std::string::npos;) {
    text.replace(at, secret.size(), "[secret]");
  }
}

}  // namespace

const NodeSpec* ClusterEngine::node_at(std::string_view slot) const {
  const auto& nodes = cluster_.spec.nodes;
  const auto found = std::find_if(nodes.begin(), nodes.end(),
                                  [&](const NodeSpec& node) { return node.slot == slot; });
  return found == nodes.end() ? nullptr : &*found;
}

// Empty while one of them is not known.
std::vector<std::string> ClusterEngine::master_addresses() const {
  std::vector<std::string> addresses;
  for (const NodeSpec& node : cluster_.spec.nodes) {
    if (node.role != NodeRole::Master) continue;
    addresses.push_back(address_of(cluster_, node));
    if (addresses.back().empty()) return {};
  }
  return addresses;
}

absl::StatusOr<std::string> ClusterEngine::user_data_for(
    const NodeSpec& node, const std::map<std::string, std::string>& addresses) {
  if (!secrets_.ok()) return secrets_.status();
  const std::string subnet = nodes_subnet(cluster_);
  const BootstrapInput input{.spec = cluster_.spec,
                             .cluster_id = cluster_.id,
                             .secrets = **secrets_,
                             .subnet = subnet,
                             .addresses = addresses,
                             .api_server_names = cluster_.api_server_names,
                             .operator_user_data = context_.platform.user_data};
  MEX_ASSIGN_OR_RETURN(kubernetes::UserData user_data, node_user_data(input, node));
  return user_data.bytes.reveal();
}

// Whether Nova will take it, before anything is made. An address that Neutron will choose is held
// against one that is as long as any.
absl::Status ClusterEngine::check_user_data() {
  if (!cluster_.spec.is_managed()) return absl::OkStatus();
  if (!discovered_.shared_subnet.empty()) cluster_.shared_subnet = discovered_.shared_subnet;
  const auto subnet = base::parse_ipv4_block(nodes_subnet(cluster_));
  if (!subnet) {
    return base::error(absl::StatusCode::kFailedPrecondition,
                       "the subnet of the nodes' network is not visible to this project, but pods "
                       "get their addresses by it: choose another network");
  }
  std::map<std::string, std::string> addresses;
  std::uint64_t last = subnet->size() - 2;
  for (const NodeSpec& node : cluster_.spec.nodes) {
    std::string& address = addresses[node.slot];
    address = address_of(cluster_, node);
    if (address.empty()) address = to_string(base::address_in(*subnet, last--));
  }
  for (const NodeSpec& node : cluster_.spec.nodes) {
    MEX_RETURN_IF_ERROR(user_data_for(node, addresses).status());
  }
  return absl::OkStatus();
}

bool ClusterEngine::is_awaiting_kubernetes() const {
  return std::any_of(
      graph_.steps().begin(), graph_.steps().end(), [this](const PlannedStep& planned) {
        if (!is_awaited(planned.action) || !needs_api_server(planned.action)) return false;
        const auto step =
            std::find_if(operation_.steps.begin(), operation_.steps.end(),
                         [&](const StepView& view) { return view.name == planned.name; });
        return step != operation_.steps.end() && step->state == StepState::Running;
      });
}

bool ClusterEngine::wants_kubernetes_sweep() const {
  if (!access_ || context_.cloud == nullptr || master_addresses().empty()) return false;
  if (!has_ended(operation_)) return is_awaiting_kubernetes();
  return cluster_.phase == ClusterPhase::Active;
}

void ClusterEngine::sweep_kubernetes_after(std::chrono::milliseconds pause) {
  const std::uint64_t ticket = ++kubernetes_ticket_;
  context_.timer.call_after(pause, [weak = weak_from_this(), ticket] {
    const auto self = weak.lock();
    if (self == nullptr) return;
    self->context_.kubernetes_pool.submit(
        [self, ticket](const std::stop_token& stop) { self->run_kubernetes_sweep(ticket, stop); });
  });
}

void ClusterEngine::run_kubernetes_sweep(std::uint64_t ticket, const std::stop_token& stop) {
  std::shared_ptr<kubernetes::Client> client;
  KubernetesSweep sweep;
  std::map<std::string, std::string> servers_by_slot;
  {
    const std::lock_guard lock(mutex_);
    if (ticket != kubernetes_ticket_ || !wants_kubernetes_sweep()) return;
    const base::WallTime now = context_.clock.wall_now();
    auto made = access_->client(master_addresses(), now);
    sweep.status = made.status();
    if (made.ok()) client = *std::move(made);
    for (const std::string& slot : consoles_wanted(now)) {
      servers_by_slot[slot] = cluster_.resources.at({ResourceKind::Server, slot});
    }
  }
  const base::SteadyTime deadline = context_.clock.steady_now() + context_.timing.kubernetes_call;
  if (client != nullptr) sweep = sweep_kubernetes(*client, {.deadline = deadline, .stop = stop});
  for (const auto& [slot, server] : servers_by_slot) {
    openstack::CallContext call;
    call.deadline = context_.clock.steady_now() + context_.timing.call;
    call.stop = stop;
    auto console = context_.cloud->nova.console_output(server, kConsoleLines, call);
    if (console.ok()) sweep.consoles[slot] = *std::move(console);
  }
  if (stop.stop_requested()) return;
  sweep.seen = context_.clock.wall_now();
  const std::lock_guard lock(mutex_);
  observe_kubernetes(std::move(sweep));
  // Somebody else has scheduled the next one meanwhile.
  if (ticket != kubernetes_ticket_ || !wants_kubernetes_sweep()) return;
  sweep_kubernetes_after(is_awaiting_kubernetes()
                             ? context_.timing.kubernetes_tick
                             : cluster_.spec.flavor.health_policy.probe_interval);
}

// The machines that are waited for, those first that were not read for the longest time.
std::vector<std::string> ClusterEngine::consoles_wanted(base::WallTime now) {
  std::vector<std::string> slots;
  for (const PlannedStep& planned : graph_.steps()) {
    const StepView& step = *find_step(operation_, planned.name);
    if (step.state != StepState::Running || !step.started) continue;
    std::string slot;
    if (std::holds_alternative<AwaitApiServer>(planned.action)) {
      slot = cluster_.spec.nodes.front().slot;
    } else if (const auto* node = std::get_if<AwaitNodeReady>(&planned.action)) {
      slot = node->slot;
    } else {
      continue;
    }
    const base::WallTime last = std::max(*step.started, consoles_[slot].read);
    const bool is_there = cluster_.resources.count({ResourceKind::Server, slot}) > 0;
    if (is_there && now - last >= context_.timing.console_tick) slots.push_back(slot);
  }
  std::sort(slots.begin(), slots.end(), [this](const std::string& a, const std::string& b) {
    return consoles_[a].read < consoles_[b].read;
  });
  if (slots.size() > kConsolesAtOnce) slots.resize(kConsolesAtOnce);
  for (const std::string& slot : slots) consoles_[slot].read = now;
  return slots;
}

void ClusterEngine::observe_kubernetes(KubernetesSweep sweep) {
  for (auto& [slot, text] : sweep.consoles) {
    if (secrets_.ok()) redact(text, (*secrets_)->token.text().reveal());
    consoles_[slot].text = std::move(text);
  }
  sweep.consoles.clear();
  kubernetes_ = std::move(sweep);
  bool is_changed = false;
  if (!has_ended(operation_)) {
    for (const PlannedStep& planned : graph_.steps()) {
      StepView& step = *find_step(operation_, planned.name);
      if (step.state != StepState::Running) continue;
      if (std::holds_alternative<AwaitApiServer>(planned.action)) {
        observe_api_server(step);
      } else if (const auto* await = std::get_if<AwaitNodeReady>(&planned.action)) {
        observe_node(step, *node_at(await->slot));
      }
      is_changed = is_changed || step.state != StepState::Running;
    }
  }
  if (is_changed) advance();
  consider_repair();
  persist_changes();
}

AwaitedNode ClusterEngine::awaited(const StepView& step, const NodeSpec& node,
                                   std::chrono::milliseconds deadline) {
  const base::WallTime now = context_.clock.wall_now();
  return {.name = node_name(cluster_.spec, cluster_.id, node),
          .slot = node.slot,
          .address = address_of(cluster_, node),
          .console = consoles_[node.slot].text,
          .waited = now - step.started.value_or(now),
          .deadline = deadline};
}

void ClusterEngine::observe_api_server(StepView& step) {
  const NodeSpec& first_master = cluster_.spec.nodes.front();
  const auto deadline = cluster_.spec.flavor.health_policy.api_server_deadline;
  take_verdict(step, first_master,
               judge_api_server(awaited(step, first_master, deadline), *kubernetes_));
}

void ClusterEngine::observe_node(StepView& step, const NodeSpec& node) {
  std::string masters;
  for (const NodeSpec& master : cluster_.spec.nodes) {
    if (master.role != NodeRole::Master) continue;
    masters += fmt::format("{}{} ({})", masters.empty() ? "" : ", ", master.slot,
                           address_of(cluster_, master));
  }
  const auto deadline = cluster_.spec.flavor.health_policy.nodes_ready_deadline;
  take_verdict(step, node, judge_node(awaited(step, node, deadline), masters, *kubernetes_));
}

void ClusterEngine::take_verdict(StepView& step, const NodeSpec& node, AwaitedVerdict verdict) {
  if (verdict.state == AwaitedVerdict::State::Done) return finish_awaited(step);
  step.reason = verdict.reason;
  if (verdict.state == AwaitedVerdict::State::Waiting) return;
  step.state = StepState::Failed;
  step.ended = context_.clock.wall_now();
  if (verdict.is_machine_at_fault) mark_node_failed(node);
  fail(std::move(verdict.reason));
}

// The next operation makes its server anew. Without an API server no other machine becomes a node
// either: the bootstrap of all of them ends with a master's.
void ClusterEngine::mark_node_failed(const NodeSpec& node) {
  auto& failed = cluster_.failed_nodes;
  for (const NodeSpec& other : cluster_.spec.nodes) {
    const bool is_lost = other.slot == node.slot || node.role == NodeRole::Master;
    const bool is_listed = std::find(failed.begin(), failed.end(), other.slot) != failed.end();
    if (is_lost && !is_listed) failed.push_back(other.slot);
  }
}

void ClusterEngine::show_kubernetes_node(NodeView& node) const {
  if (!kubernetes_ || !kubernetes_->api_is_ready()) return;
  const auto found = kubernetes_->nodes.find(node.name);
  if (found == kubernetes_->nodes.end()) return;
  const kubernetes::NodeCondition* ready = found->second.condition("Ready");
  node.ready = ready == nullptr ? "Unknown" : ready->status;
  if (!found->second.ready()) node.not_ready_because = why_not_ready(found->second);
  node.kubelet_version = found->second.kubelet_version;
}

std::optional<ClusterEndpoints> ClusterEngine::reach() const {
  const std::lock_guard lock(mutex_);
  if (cluster_.phase == ClusterPhase::Destroying) return std::nullopt;
  ClusterEndpoints reach;
  reach.cluster_id = cluster_.id;
  // Of one that its image makes the agent knows no API server, but origins of /v1/proxy are there.
  if (cluster_.spec.is_managed()) {
    reach.api_server_name = api_server_name(cluster_.spec, context_.fqdn);
    reach.master_addresses = master_addresses();
  }
  if (cluster_.spec.isolated()) {
    reach.subnet = cluster_.spec.subnet;
    reach.gateway = cluster_.gateway;
  }
  return reach;
}

absl::Status ClusterEngine::refuse_access(std::string_view why) const {
  return base::error(absl::StatusCode::kFailedPrecondition, "the cluster {} of tenant {} {}",
                     cluster_.spec.name, cluster_.spec.tenant, why);
}

absl::Status ClusterEngine::check_managed() const {
  if (cluster_.spec.is_managed()) return secrets_.status();
  return refuse_access(
      "is made by its servers' image (image_style unmanaged): the agent has no keys of it");
}

absl::StatusOr<ApiServerLogin> ClusterEngine::api_server_login() {
  const std::lock_guard lock(mutex_);
  if (cluster_.phase == ClusterPhase::Destroying) {
    return base::error(absl::StatusCode::kNotFound,
                       "the cluster {} of tenant {} is being destroyed", cluster_.spec.name,
                       cluster_.spec.tenant);
  }
  MEX_RETURN_IF_ERROR(check_managed());
  const std::vector<std::string> masters = master_addresses();
  if (masters.empty()) return refuse_access("has no API server yet");
  return access_->login(masters, context_.clock.wall_now());
}

absl::StatusOr<base::Secret> ClusterEngine::kubeconfig() const {
  const std::lock_guard lock(mutex_);
  const ClusterSpec& spec = cluster_.spec;
  MEX_RETURN_IF_ERROR(check_managed());
  if (!spec.flavor.access.api_passthrough) {
    return refuse_access("is of a flavor whose access.api_passthrough is off");
  }
  const std::string name = api_server_name(spec, context_.fqdn);
  if (name.empty()) {
    return refuse_access(
        "has no name outside: start the agent with -fqdn NAME, the name of this machine");
  }
  const auto& names = cluster_.api_server_names;
  if (std::find(names.begin(), names.end(), name) == names.end()) {
    return refuse_access(
        fmt::format("was made when the agent had another -fqdn: the certificate of its API server "
                    "is not for {}",
                    name));
  }
  return admin_kubeconfig(spec, **secrets_, fmt::format("{}:{}", name, context_.proxy_port),
                          context_.clock.wall_now());
}

}  // namespace mex::cluster
