#include "cluster/engine/awaited_steps.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "cluster/health/awaited_server.h"
#include "cluster/steps/node_bootstrap.h"

namespace mex::cluster {
namespace {

constexpr std::chrono::seconds kStoredWait{10};

}  // namespace

AwaitedSteps::AwaitedSteps(const OperationContext& context, ClusterRecords& records,
                           const StepGraph& graph)
    : context_(context), records_(records), graph_(graph) {}

std::vector<AwaitedSteps::Judged> AwaitedSteps::judge(const ServerSweep& sweep,
                                                      bool& has_duplicates) {
  std::vector<Judged> judged;
  for (const PlannedStep& planned : graph_.steps()) {
    StepView& step = *find_step(records_.operation(), planned.key);
    if (step.state != StepState::Running) continue;
    if (const auto* boot = std::get_if<AwaitActive>(&planned.action)) {
      if (adopt_replacement({ResourceKind::Server, boot->slot}, sweep)) {
        has_duplicates = true;
        continue;
      }
      judged.push_back({&step, find_node(records_.cluster().spec, boot->slot),
                        judge_boot(boot->slot, step, sweep)});
    } else if (const auto* host = std::get_if<AwaitHost>(&planned.action)) {
      const std::string id = records_.cluster().resources[{ResourceKind::Server, host->slot}];
      if (has_host(id, sweep)) judged.push_back({&step, nullptr, {}});
    } else if (const auto* gone = std::get_if<AwaitGone>(&planned.action)) {
      if (has_disappeared(gone->server_id, sweep)) judged.push_back({&step, nullptr, {}});
    }
  }
  return judged;
}

AwaitedVerdict AwaitedSteps::judge_boot(const std::string& slot, StepView& step,
                                        const ServerSweep& sweep) {
  const ClusterRecord& cluster = records_.cluster();
  const ResourceKey key{ResourceKind::Server, slot};
  const std::string id = records_.cluster().resources[key];
  // Time in which nothing of it could be seen ends no patience.
  const openstack::Server* server = sweep.status.ok() ? find_server(sweep, id) : nullptr;
  const bool is_seen = server != nullptr && server->status != "UNKNOWN";
  AwaitedVerdict verdict =
      cluster::judge_boot({.id = id,
                           .name = resource_name(cluster.spec.name, cluster.id, key),
                           .reason = step.reason,
                           .waited = waited(step, is_seen),
                           .deadline = cluster.spec.flavor.health_policy.boot_deadline},
                          sweep);
  if (verdict.state == AwaitedVerdict::State::Done) step.resource_id = id;
  if (verdict.state == AwaitedVerdict::State::Failed) {
    const StepView* request = find_step(records_.operation(), {StepKind::CreateServer, slot});
    if (request != nullptr) verdict.reason.request_id = request->request_id;
  }
  return verdict;
}

bool AwaitedSteps::adopt_replacement(const ResourceKey& key, const ServerSweep& sweep) {
  ClusterRecord& cluster = records_.cluster();
  const openstack::Server* server = find_server(sweep, cluster.resources[key]);
  if (!sweep.status.ok() || server == nullptr || server->status != "ERROR") return false;
  const auto other =
      replacement_of(server->id, resource_name(cluster.spec.name, cluster.id, key), sweep);
  if (!other) return false;
  cluster.resources[key] = *other;
  return true;
}

std::vector<AwaitedSteps::Judged> AwaitedSteps::judge(const KubernetesSweep& sweep) {
  const HealthPolicy& policy = records_.cluster().spec.flavor.health_policy;
  std::vector<Judged> judged;
  for (const PlannedStep& planned : graph_.steps()) {
    StepView& step = *find_step(records_.operation(), planned.key);
    if (step.state != StepState::Running) continue;
    if (std::holds_alternative<AwaitApiServer>(planned.action)) {
      const NodeSpec& first = records_.cluster().spec.nodes.front();
      judged.push_back({&step, &first,
                        judge_api_server(awaited(step, first, policy.api_server_deadline), sweep)});
    } else if (const auto* ready = std::get_if<AwaitNodeReady>(&planned.action)) {
      const NodeSpec& node = *find_node(records_.cluster().spec, ready->slot);
      judged.push_back(
          {&step, &node,
           judge_node(awaited(step, node, policy.nodes_ready_deadline), masters(), sweep)});
    }
  }
  return judged;
}

// Counts only time in which what is awaited could be seen, from one observation to the next.
std::chrono::milliseconds AwaitedSteps::waited(StepView& step, bool is_seen) {
  const base::SteadyTime now = context_.clock.steady_now();
  const auto [last, is_first] = last_judged_.emplace(step.name, now);
  if (!is_first && is_seen) {
    const auto before = step.waited;
    step.waited += std::chrono::duration_cast<std::chrono::milliseconds>(now - last->second);
    // A process that dies every few seconds still gets on.
    if (before / kStoredWait != step.waited / kStoredWait) records_.mark_changed();
  }
  last->second = now;
  return step.waited;
}

AwaitedNode AwaitedSteps::awaited(StepView& step, const NodeSpec& node,
                                  std::chrono::milliseconds deadline) {
  return {.name = node_name(records_.cluster().spec, records_.cluster().id, node),
          .slot = node.slot,
          .address = address_of(records_.cluster(), node),
          .console = consoles_.text(node.slot),
          .waited = waited(step, /*is_seen=*/true),
          .deadline = deadline};
}

std::string AwaitedSteps::masters() const {
  std::string masters;
  for (const NodeSpec& master : records_.cluster().spec.nodes) {
    if (master.role != NodeRole::Master) continue;
    masters += fmt::format("{}{} ({})", masters.empty() ? "" : ", ", master.slot,
                           address_of(records_.cluster(), master));
  }
  return masters;
}

template <typename Matches>
bool AwaitedSteps::is_any_running(Matches matches) const {
  const OperationRecord& operation = records_.operation();
  return std::any_of(graph_.steps().begin(), graph_.steps().end(), [&](const PlannedStep& planned) {
    if (!matches(planned.action)) return false;
    const StepView* step = find_step(operation, planned.key);
    return step != nullptr && step->state == StepState::Running;
  });
}

bool AwaitedSteps::has_servers() const {
  return is_any_running([](const Action& action) {
    return std::holds_alternative<AwaitHost>(action) ||
           std::holds_alternative<AwaitActive>(action) || std::holds_alternative<AwaitGone>(action);
  });
}

std::vector<std::string> AwaitedSteps::leaving_servers() const {
  std::vector<std::string> ids;
  for (const PlannedStep& planned : graph_.steps()) {
    const auto* gone = std::get_if<AwaitGone>(&planned.action);
    const StepView* step = find_step(records_.operation(), planned.key);
    if (gone != nullptr && step != nullptr && step->state == StepState::Running) {
      ids.push_back(gone->server_id);
    }
  }
  return ids;
}

bool AwaitedSteps::has_kubernetes() const {
  return is_any_running([](const Action& action) {
    return traits_of(action).is_awaited && traits_of(action).needs_api_server;
  });
}

void AwaitedSteps::keep_consoles(std::map<std::string, std::string> consoles) {
  for (auto& [slot, text] : consoles) consoles_.set(slot, std::move(text));
}

std::vector<std::string> AwaitedSteps::due_consoles() {
  const ClusterRecord& cluster = records_.cluster();
  std::vector<Consoles::Candidate> candidates;
  for (const PlannedStep& planned : graph_.steps()) {
    const StepView& step = *find_step(records_.operation(), planned.key);
    if (step.state != StepState::Running) continue;
    std::string slot;
    if (std::holds_alternative<AwaitApiServer>(planned.action)) {
      slot = cluster.spec.nodes.front().slot;
    } else if (const auto* ready = std::get_if<AwaitNodeReady>(&planned.action)) {
      slot = ready->slot;
    }
    if (cluster.resources.count({ResourceKind::Server, slot}) == 0) continue;
    candidates.push_back({std::move(slot), step.waited});
  }
  return consoles_.due(candidates, context_.timing.console_tick, context_.clock.steady_now());
}

}  // namespace mex::cluster
