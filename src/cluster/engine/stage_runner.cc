#include "cluster/engine/stage_runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "base/log.h"
#include "base/status.h"

namespace mex::cluster {
namespace {

void finish_awaited(StepView& step, base::WallTime now) {
  step.state = StepState::Done;
  step.ended = now;
  step.reason = {};
  step.is_retried = false;
  step.retry_at.reset();
}

void end(StepView& step, StepState state, Reason reason, base::WallTime now) {
  step.state = state;
  step.ended = now;
  step.is_retried = false;
  step.reason = std::move(reason);
}

// The node works again, so the operation leaves it as it is.
void withdraw_replacement(ClusterRecord& cluster, const Action& action) {
  const auto* confirm = std::get_if<ConfirmFault>(&action);
  const Remove& removal = confirm == nullptr ? std::get<Remove>(action) : confirm->removal;
  std::erase(cluster.failed_nodes, removal.resource.key().node);
  std::erase(cluster.joining, removal.resource.key().node);
}

// The next operation makes its server anew. Without an API server no other machine becomes a node
// either: the bootstrap of all of them ends with a master's.
void mark_node_failed(ClusterRecord& cluster, const NodeSpec& node) {
  auto& failed = cluster.failed_nodes;
  for (const NodeSpec& other : cluster.spec.nodes) {
    const bool is_lost = other.slot == node.slot || node.role == NodeRole::Master;
    if (is_lost) add_slot(failed, other.slot);
  }
}

}  // namespace

StageRunner::StageRunner(const OperationContext& context, ClusterRecords& records,
                         ClusterCredentials& credentials, const ClusterEvents& events,
                         LostCalls& lost_calls, OperationProgress& progress,
                         std::function<void()> proceed)
    : context_(context),
      records_(records),
      credentials_(credentials),
      events_(events),
      lost_calls_(lost_calls),
      progress_(progress),
      proceed_(std::move(proceed)),
      awaited_(context, records, graph_) {}

void StageRunner::begin(std::vector<PlannedStep> steps) {
  counted_.clear();
  graph_.begin(std::move(steps), records_.operation(), context_.clock.wall_now());
}

void StageRunner::launch_ready() {
  OperationRecord& operation = records_.operation();
  std::vector<const PlannedStep*> calls;
  bool is_intent = false;
  for (const PlannedStep* planned : graph_.ready(operation)) {
    StepView& step = *find_step(operation, planned->key);
    const ActionTraits& traits = traits_of(planned->action);
    step.state = StepState::Running;
    // What held it up is shown until an attempt says something else.
    step.is_retried = !step.reason.empty();
    step.retry_at.reset();
    if (!step.started) step.started = context_.clock.wall_now();
    ++step.attempts;
    if (traits.is_awaited) {
      await(*planned, step);
      continue;
    }
    calls.push_back(planned);
    is_intent = is_intent || traits.changes_cloud;
    if (traits.makes_resource) step.outcome_unknown = true;
    if (const auto* drain = std::get_if<DrainNode>(&planned->action)) {
      add_slot(records_.cluster().cordoned, drain->slot);
    }
  }
  if (is_intent) {
    records_.cluster().has_cloud_resources = true;
    const absl::Status status = records_.persist();
    if (!status.ok()) {
      const std::string message =
          fmt::format("the intent could not be stored: {}", base::message_of(status));
      for (const PlannedStep* planned : calls) {
        block(planned->key, because("StoreFailed", message), context_.timing.first_retry,
              log::Level::Warning);
      }
      return;
    }
  }
  for (const PlannedStep* planned : calls) {
    launch_call(*planned, *find_step(operation, planned->key));
  }
}

void StageRunner::launch_call(const PlannedStep& planned, const StepView& step) {
  const ClusterRecord& cluster = records_.cluster();
  Attempt attempt{.action = planned.action,
                  .spec = cluster.spec,
                  .owner = {context_.agent_id, cluster.id},
                  .resources = cluster.resources,
                  .check_existing =
                      planned.check_existing || step.attempts > 1 || lost_calls_.is_open(step.name),
                  .may_repeat = lost_calls_.may_repeat(step.name),
                  .api_server = nullptr,
                  .manifest = {}};
  const absl::Status status =
      credentials_.complete(attempt, cluster, progress_.discovered, context_.clock.wall_now());
  ++calls_in_flight_;
  counted_.try_emplace(step.name, context_.clock.steady_now());
  if (!status.ok()) {
    // As if the call had said so, and not from within this function.
    return context_.timers.call_after(std::chrono::milliseconds(0),
                                      [this, key = planned.key, status] {
                                        Outcome outcome;
                                        outcome.status = status;
                                        completed(key, outcome);
                                      });
  }
  context_.executor.execute(std::move(attempt), [this, key = planned.key](const Outcome& outcome) {
    completed(key, outcome);
  });
}

void StageRunner::await(const PlannedStep& planned, StepView& step) {
  if (traits_of(planned.action).needs_api_server) return context_.hooks.await_kubernetes();
  if (!std::holds_alternative<AwaitLateAnswers>(planned.action)) {
    return context_.hooks.await_servers();
  }
  const std::chrono::milliseconds left = lost_calls_.time_left(records_.cluster());
  step.retry_at = context_.clock.wall_now() + left;
  step.reason =
      because("OutcomeUnknown",
              "the answer of a call was lost; its late effect is awaited before the audit");
  wake_after(left, planned.key);
}

void StageRunner::completed(const StepKey& key, const Outcome& outcome) {
  --calls_in_flight_;
  const PlannedStep* planned = graph_.find(key);
  StepView* step = find_step(records_.operation(), key);
  if (planned == nullptr || step == nullptr) return;
  count_time(*step);
  if (traits_of(planned->action).changes_cloud) records_.mark_changed();
  apply(*planned, *step, outcome);
  proceed_();
  context_.hooks.outcome_applied();
}

// Its pauses count as well.
void StageRunner::count_time(StepView& step) {
  const base::SteadyTime now = context_.clock.steady_now();
  const base::SteadyTime before = std::exchange(counted_[step.name], now);
  step.waited += std::chrono::duration_cast<std::chrono::milliseconds>(now - before);
}

void StageRunner::apply(const PlannedStep& planned, StepView& step, const Outcome& outcome) {
  const base::WallTime now = context_.clock.wall_now();
  const OperationRecord& operation = records_.operation();
  if (!outcome.request_id.empty()) step.request_id = outcome.request_id;
  if (!outcome.resource_id.empty()) step.resource_id = outcome.resource_id;
  for (const auto& [key, id] : outcome.made) records_.cluster().resources[key] = id;
  const StepDecision decision =
      decide_next(outcome, planned.action,
                  {.kind = operation.kind,
                   .attempts = step.attempts,
                   .waited = step.waited,
                   .seed = std::hash<std::string>()(operation.id + step.name),
                   .replans = progress_.replans,
                   .may_be_own_refusal = lost_calls_.may_be_in_the_way(records_.cluster()),
                   .has_cloud_resources = records_.cluster().has_cloud_resources},
                  context_.timing);
  keep_lost_call(step, decision);
  log::debug("call ended", {{"cluster", operation.cluster_name},
                            {"tenant", operation.tenant},
                            {"operation", operation.id},
                            {"step", step.name},
                            {"attempt", step.attempts},
                            {"status", outcome.status},
                            {"request_id", outcome.request_id}});
  switch (decision.verdict) {
    case Verdict::Done:
      return succeed(planned, step, outcome);
    case Verdict::LookAgain:
    case Verdict::Retry:
      return block(planned.key, reason_of(outcome), decision.pause,
                   needs_action(outcome.status) ? log::Level::Warning : log::Level::Info);
    case Verdict::Wait:
      step.reason = reason_of(outcome);
      step.retry_at = now + decision.pause;
      return wake_after(decision.pause, planned.key);
    case Verdict::Skip:
      log::warning("a step is left out", {{"cluster", operation.cluster_name},
                                          {"tenant", operation.tenant},
                                          {"step", step.name},
                                          {"reason", outcome.status}});
      return end(step, StepState::Skipped, reason_of(outcome), now);
    case Verdict::Replan:
      step.state = StepState::Blocked;
      step.is_retried = false;
      step.reason = reason_of(outcome);
      step.reason.next = "what it builds on is looked for, and made again if it is gone";
      progress_.needs_replan = true;
      return;
    case Verdict::Withdraw:
      withdraw_replacement(records_.cluster(), planned.action);
      end(step, StepState::Skipped,
          because("FaultGone", "what was broken works again: it is left as it is"), now);
      progress_.needs_replan = true;
      return;
    case Verdict::Fail:
      end(step, StepState::Failed, reason_of(outcome), now);
      return fail(progress_, operation.kind, step.reason);
  }
}

void StageRunner::succeed(const PlannedStep& planned, StepView& step, const Outcome& outcome) {
  end(step, StepState::Done, {}, context_.clock.wall_now());
  if (outcome.apply_to) outcome.apply_to(progress_.discovered);
  keep_discovered(outcome);
  ClusterRecord& cluster = records_.cluster();
  if (const auto* uncordon = std::get_if<UncordonNode>(&planned.action)) {
    std::erase(cluster.cordoned, uncordon->slot);
  }
  const auto* removal = std::get_if<Remove>(&planned.action);
  if (removal == nullptr) return;
  const ResourceKey& key = removal->resource.key();
  const std::string& id = removal->resource.id();
  records_.operation().audit.removed.push_back(fmt::format("{} {}", to_string(key), id));
  if (key.kind == ResourceKind::Server) {
    std::erase(cluster.cordoned, key.node);
    // What it has left on its volume is no other server's to boot from.
    cluster.resources.erase({ResourceKind::Volume, key.node});
  }
  const auto journaled = cluster.resources.find(key);
  if (journaled != cluster.resources.end() && journaled->second == id) {
    cluster.resources.erase(journaled);
  }
}

// What a call said of addresses, for later operations and for people.
void StageRunner::keep_discovered(const Outcome& outcome) {
  ClusterRecord& cluster = records_.cluster();
  const Discovered& discovered = progress_.discovered;
  bool is_changed = false;
  for (const auto& [slot, address] : outcome.addresses) {
    is_changed = std::exchange(cluster.addresses[slot], address) != address || is_changed;
  }
  if (!discovered.gateway.empty() && discovered.gateway != cluster.gateway) {
    cluster.gateway = discovered.gateway;
    is_changed = true;
  }
  if (!discovered.shared_subnet.empty()) cluster.shared_subnet = discovered.shared_subnet;
  if (discovered.network_mtu > 0) cluster.network_mtu = discovered.network_mtu;
  if (!is_changed) return;
  records_.mark_changed();
  context_.hooks.endpoints_changed();
}

void StageRunner::keep_lost_call(StepView& step, const StepDecision& decision) {
  if (decision.is_unknown) {
    lost_calls_.add(step.name, decision, records_.cluster());
  } else if (decision.can_come_late) {
    lost_calls_.add_repeatable();
  }
  if (decision.verdict == Verdict::Done) lost_calls_.resolve(step.name, records_.cluster());
  step.outcome_unknown = lost_calls_.is_open(step.name);
}

void StageRunner::block(const StepKey& key, Reason reason, std::chrono::milliseconds pause,
                        log::Level level) {
  const OperationRecord& operation = records_.operation();
  StepView& step = *find_step(records_.operation(), key);
  step.state = StepState::Blocked;
  step.is_retried = false;
  step.reason = std::move(reason);
  step.retry_at = context_.clock.wall_now() + pause;
  step.reason.next = fmt::format("tried again at {}", base::format_rfc3339(*step.retry_at));
  log::write(level, "step blocked",
             {{"cluster", operation.cluster_name},
              {"tenant", operation.tenant},
              {"operation", operation.id},
              {"step", step.name},
              {"reason", step.reason.message},
              {"request_id", step.reason.request_id}});
  events_.emit_blocked(operation, step);
  wake_after(pause, key);
}

void StageRunner::wake_after(std::chrono::milliseconds pause, const StepKey& key) {
  context_.timers.call_after(
      pause, [this, operation = records_.operation().id, key] { wake(operation, key); });
}

// The step's pause is over, unless the operation has gone on without it.
void StageRunner::wake(const std::string& operation_id, const StepKey& key) {
  OperationRecord& operation = records_.operation();
  if (operation.id != operation_id || has_ended(operation)) return;
  StepView* step = find_step(operation, key);
  if (step == nullptr) return;
  if (step->state == StepState::Blocked) {
    step->state = StepState::Pending;
  } else if (step->state == StepState::Running && key.kind == StepKind::AwaitLateAnswers) {
    finish_awaited(*step, context_.clock.wall_now());
  } else if (step->state == StepState::Running && step->retry_at) {
    // The cloud was at work on it, which is no failure.
    step->state = StepState::Pending;
    step->reason = {};
  } else {
    return;
  }
  proceed_();
}

bool StageRunner::observe(const ServerSweep& sweep) {
  return conclude(awaited_.judge(sweep, progress_.has_duplicates));
}

bool StageRunner::observe(const KubernetesSweep& sweep) { return conclude(awaited_.judge(sweep)); }

bool StageRunner::conclude(std::vector<AwaitedSteps::Judged> judged) {
  const base::WallTime now = context_.clock.wall_now();
  bool has_ended_one = false;
  for (auto& [step, node, verdict] : judged) {
    switch (verdict.state) {
      case AwaitedVerdict::State::Waiting:
        step->reason = std::move(verdict.reason);
        continue;
      case AwaitedVerdict::State::Done:
        finish_awaited(*step, now);
        break;
      case AwaitedVerdict::State::Failed:
        end(*step, StepState::Failed, verdict.reason, now);
        if (verdict.is_machine_at_fault) mark_node_failed(records_.cluster(), *node);
        fail(progress_, records_.operation().kind, std::move(verdict.reason));
        break;
    }
    has_ended_one = true;
  }
  return has_ended_one;
}

}  // namespace mex::cluster
