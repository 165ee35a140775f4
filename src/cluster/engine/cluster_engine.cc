#include "cluster/engine/cluster_engine.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/log.h"
#include "base/random_id.h"
#include "base/status.h"
#include "cluster/records/journal.h"

namespace mex::cluster {
namespace {

constexpr std::size_t kOperationIdLength = 12;
// Of the token with which machines join: longer than the longest flavor's deadlines.
constexpr std::chrono::hours kTokenValidity{24};

std::chrono::milliseconds elapsed(const std::optional<base::WallTime>& since, base::WallTime now) {
  return since ? now - *since : std::chrono::milliseconds(0);
}

}  // namespace

ClusterEngine::ClusterEngine(EngineContext& context, ClusterRecord cluster,
                             OperationRecord operation, Secrets secrets)
    : context_(context),
      id_(cluster.id),
      cluster_(std::move(cluster)),
      operation_(std::move(operation)),
      secrets_(std::move(secrets)) {
  if (secrets_.ok() && *secrets_ != nullptr) access_.emplace(*secrets_);
  emitted_readiness_ = readiness_of(cluster_.conditions);
}

void ClusterEngine::start() {
  const std::lock_guard lock(mutex_);
  if (has_ended(operation_)) {
    if (wants_kubernetes_sweep()) sweep_kubernetes_after(std::chrono::milliseconds(0));
    return;
  }
  begin_operation();
  advance();
}

absl::StatusOr<NewOperation> ClusterEngine::prepare_retry(ClusterSpec spec) const {
  const std::lock_guard lock(mutex_);
  if (cluster_.phase != ClusterPhase::Failed || !has_ended(operation_)) {
    return base::error(absl::StatusCode::kFailedPrecondition, "the cluster {} is {}",
                       cluster_.spec.name, to_string(cluster_.phase));
  }
  NewOperation beginning{.cluster = cluster_, .operation = new_operation(OperationKind::Create)};
  beginning.cluster.spec = std::move(spec);
  beginning.cluster.phase = ClusterPhase::Creating;
  beginning.cluster.reason = {};
  beginning.cluster.operation_id = beginning.operation.id;
  return beginning;
}

void ClusterEngine::retry(NewOperation committed) {
  const std::lock_guard lock(mutex_);
  archive(std::exchange(operation_, std::move(committed.operation)));
  cluster_ = std::move(committed.cluster);
  begin_operation();
  advance();
}

bool ClusterEngine::is_destroyed() const {
  const std::lock_guard lock(mutex_);
  return operation_.kind == OperationKind::Destroy && has_ended(operation_);
}

absl::StatusOr<std::string> ClusterEngine::destroy(bool& already_satisfied) {
  const std::lock_guard lock(mutex_);
  already_satisfied = cluster_.phase == ClusterPhase::Destroying;
  if (already_satisfied) return cluster_.operation_id;
  ClusterRecord cluster = cluster_;
  OperationRecord operation = new_operation(OperationKind::Destroy);
  cluster.phase = ClusterPhase::Destroying;
  cluster.reason = {};
  cluster.operation_id = operation.id;
  store::Transaction transaction;
  add(transaction, cluster);
  add(transaction, operation);
  MEX_RETURN_IF_ERROR(context_.store.commit(transaction).status());
  cluster_ = std::move(cluster);
  waiting_ = std::move(operation);
  advance();
  return cluster_.operation_id;
}

OperationRecord ClusterEngine::new_operation(OperationKind kind) const {
  OperationRecord operation;
  operation.id = base::random_id(kOperationIdLength);
  operation.kind = kind;
  operation.cluster_id = cluster_.id;
  operation.tenant = cluster_.spec.tenant;
  operation.cluster_name = cluster_.spec.name;
  operation.created = context_.clock.wall_now();
  return operation;
}

absl::Status ClusterEngine::persist(store::Transaction transaction) {
  add(transaction, cluster_);
  add(transaction, operation_);
  MEX_RETURN_IF_ERROR(context_.store.commit(transaction).status());
  is_stored_ = true;
  return absl::OkStatus();
}

void ClusterEngine::archive(OperationRecord operation) {
  store::Transaction transaction;
  for (const std::string& id : context_.history.add(std::move(operation))) {
    erase_operation(transaction, id);
  }
  if (transaction.empty()) return;
  const absl::Status status = context_.store.commit(transaction).status();
  if (!status.ok()) log::warning("old operations were not erased", {{"status", status}});
}

const PlannedStep* ClusterEngine::planned_step(std::string_view name) const {
  for (const PlannedStep& step : graph_.steps()) {
    if (step.name == name) return &step;
  }
  return nullptr;
}

void ClusterEngine::advance() {
  for (;;) {
    if (end_if_stopping() || has_ended(operation_)) return;
    if (!graph_.is_complete(operation_)) break;
    next_stage();
  }
  launch(graph_.ready(operation_));
}

// A failed or superseded operation launches nothing more and ends with its last call; one that
// starts over waits for that, too.
bool ClusterEngine::end_if_stopping() {
  if (waiting_) {
    if (calls_in_flight_ == 0) switch_to_waiting_operation();
    return waiting_.has_value();
  }
  if (failure_) {
    if (calls_in_flight_ == 0) end_operation(OperationState::Failed, *std::exchange(failure_, {}));
    return true;
  }
  if (!needs_replan_) return false;
  if (calls_in_flight_ > 0) return true;
  replan();
  return false;
}

void ClusterEngine::launch(const std::vector<const PlannedStep*>& steps) {
  std::vector<const PlannedStep*> calls;
  bool is_intent = false;
  for (const PlannedStep* planned : steps) {
    StepView& step = *find_step(operation_, planned->name);
    step.state = StepState::Running;
    step.reason = {};
    step.retry_at.reset();
    if (!step.started) step.started = context_.clock.wall_now();
    ++step.attempts;
    if (is_awaited(planned->action)) {
      await(*planned, step);
      continue;
    }
    calls.push_back(planned);
    is_intent = is_intent || changes_cloud(planned->action);
    if (makes_resource(planned->action)) step.outcome_unknown = true;
  }
  if (is_intent) {
    cluster_.has_cloud_resources = true;
    const absl::Status status = persist();
    if (!status.ok()) {
      for (const PlannedStep* planned : calls) {
        block(*find_step(operation_, planned->name),
              because("StoreFailed",
                      fmt::format("the intent could not be stored: {}", base::message_of(status))),
              context_.timing.first_retry);
      }
      return;
    }
  }
  for (const PlannedStep* planned : calls) {
    launch_call(*planned, *find_step(operation_, planned->name));
  }
}

void ClusterEngine::launch_call(const PlannedStep& step, StepView& view) {
  Attempt attempt{.action = step.action,
                  .spec = cluster_.spec,
                  .owner = {context_.agent_id, cluster_.id},
                  .resources = cluster_.resources,
                  .check_existing = step.check_existing || view.attempts > 1,
                  .may_repeat = true,
                  .api_server = nullptr,
                  .manifest = {}};
  const auto lost = lost_calls_.find(step.name);
  if (lost != lost_calls_.end() && !lost->second.is_found) {
    attempt.check_existing = true;
    attempt.may_repeat = !lost->second.can_come_late ||
                         context_.clock.steady_now() - lost->second.since >= context_.timing.settle;
    lost->second.is_repeated = lost->second.is_repeated || attempt.may_repeat;
  }
  const absl::Status completed = complete(attempt);
  ++calls_in_flight_;
  context_.pool.submit([self = shared_from_this(), name = step.name, attempt = std::move(attempt),
                        completed](const std::stop_token& stop) {
    Outcome outcome;
    if (!completed.ok()) {
      outcome.status = completed;
    } else if (self->context_.cloud == nullptr) {
      outcome.status =
          absl::UnavailableError(std::string(base::message_of(self->context_.cloud_problem)));
    } else {
      openstack::CallContext call;
      call.deadline = self->context_.clock.steady_now() + self->context_.timing.call;
      call.stop = stop;
      outcome = perform(*self->context_.cloud, attempt, std::move(call));
    }
    // A call that was given up because the process ends is an open intent, as after a crash.
    if (!stop.stop_requested()) self->completed(name, outcome);
  });
}

// Adds what is known only now.
absl::Status ClusterEngine::complete(Attempt& attempt) {
  if (auto* create = std::get_if<CreateServer>(&attempt.action)) {
    if (!cluster_.spec.is_managed()) return absl::OkStatus();
    std::map<std::string, std::string> addresses;
    for (const NodeSpec& node : cluster_.spec.nodes) {
      addresses[node.slot] = address_of(cluster_, node);
    }
    MEX_ASSIGN_OR_RETURN(create->body.user_data, user_data_for(*node_at(create->slot), addresses));
  }
  if (!needs_api_server(attempt.action)) return absl::OkStatus();
  MEX_ASSIGN_OR_RETURN(attempt.api_server,
                       access_->client(master_addresses(), context_.clock.wall_now()));
  if (const auto* apply = std::get_if<ApplyManifest>(&attempt.action)) {
    attempt.manifest = discovered_.manifests.at(apply->source);
  }
  if (std::holds_alternative<RenewToken>(attempt.action)) {
    const auto token = kubernetes::bootstrap_token_manifest(
        (*secrets_)->token, context_.clock.wall_now() + kTokenValidity);
    attempt.manifest = token.dump();
  }
  return absl::OkStatus();
}

// What a call told of addresses, for later operations and for people.
void ClusterEngine::keep_discovered(const Outcome& outcome) {
  bool is_changed = false;
  for (const auto& [slot, address] : outcome.addresses) {
    is_changed = std::exchange(cluster_.addresses[slot], address) != address || is_changed;
  }
  if (!discovered_.gateway.empty() && discovered_.gateway != cluster_.gateway) {
    cluster_.gateway = discovered_.gateway;
    is_changed = true;
  }
  if (!discovered_.shared_subnet.empty()) cluster_.shared_subnet = discovered_.shared_subnet;
  if (!is_changed) return;
  is_stored_ = false;
  context_.reach_changed();
}

void ClusterEngine::await(const PlannedStep& step, StepView& view) {
  if (needs_api_server(step.action)) {
    return sweep_kubernetes_after(std::chrono::milliseconds(0));
  }
  if (!std::holds_alternative<AwaitLateAnswers>(step.action)) {
    context_.request_sweep();
    return;
  }
  const base::WallTime now = context_.clock.wall_now();
  view.retry_at = cluster_.unknown_until.value_or(now);
  view.reason.message =
      "the answer of a call was lost; its late effect is awaited before the audit";
  view.reason.code = "OutcomeUnknown";
  context_.timer.call_after(std::max(*view.retry_at - now, std::chrono::milliseconds(0)),
                            [weak = weak_from_this(), operation = operation_.id, name = step.name] {
                              if (const auto self = weak.lock())
                                self->late_answers_over(operation, name);
                            });
}

void ClusterEngine::late_answers_over(const std::string& operation_id,
                                      const std::string& step_name) {
  // Submitted, because advance() may write to the disk, and this is the timer's thread.
  context_.pool.submit([self = shared_from_this(), operation_id, step_name](const auto&) {
    const std::lock_guard lock(self->mutex_);
    if (self->operation_.id != operation_id || has_ended(self->operation_)) return;
    StepView* step = find_step(self->operation_, step_name);
    if (step == nullptr || step->state != StepState::Running) return;
    self->finish_awaited(*step);
    self->advance();
  });
}

void ClusterEngine::completed(const std::string& step_name, const Outcome& outcome) {
  const std::lock_guard lock(mutex_);
  --calls_in_flight_;
  const PlannedStep* planned = planned_step(step_name);
  StepView* step = find_step(operation_, step_name);
  if (planned == nullptr || step == nullptr) return;
  is_stored_ = is_stored_ && !changes_cloud(planned->action);
  apply(*planned, *step, outcome);
  advance();
  persist_changes();
}

Observation ClusterEngine::sight() const {
  return {.servers = servers_,
          .servers_seen = servers_seen_,
          .kubernetes = kubernetes_ ? &*kubernetes_ : nullptr,
          .repair_note = repair_note_};
}

bool ClusterEngine::refresh_conditions() {
  const bool is_changed = update_conditions(cluster_, sight(), context_.clock.wall_now());
  emit_readiness();
  return is_changed;
}

// advance() commits with the next intents; what leads to none is kept on its own.
void ClusterEngine::persist_changes() {
  if (operation_.kind == OperationKind::Destroy && has_ended(operation_)) return;
  if (refresh_conditions()) is_stored_ = false;
  if (is_stored_) return;
  const absl::Status status = persist();
  if (!status.ok()) {
    log::error(
        "what was seen of a cluster was not stored",
        {{"cluster", cluster_.spec.name}, {"tenant", cluster_.spec.tenant}, {"status", status}});
  }
}

void ClusterEngine::apply(const PlannedStep& planned, StepView& step, const Outcome& outcome) {
  const base::WallTime now = context_.clock.wall_now();
  if (!outcome.request_id.empty()) step.request_id = outcome.request_id;
  if (!outcome.resource_id.empty()) step.resource_id = outcome.resource_id;
  for (const auto& [key, id] : outcome.made) cluster_.resources[key] = id;
  const StepDecision judgement =
      decide_next(outcome, planned.action,
                  {.kind = operation_.kind,
                   .attempts = step.attempts,
                   .since_start = elapsed(step.started, now),
                   .seed = std::hash<std::string>()(operation_.id + step.name),
                   .starts_over = replans_},
                  context_.timing);
  note_certainty(step, judgement);
  log::debug("call ended", {{"cluster", cluster_.spec.name},
                            {"tenant", cluster_.spec.tenant},
                            {"operation", operation_.id},
                            {"step", step.name},
                            {"attempt", step.attempts},
                            {"status", outcome.status},
                            {"request_id", outcome.request_id}});
  switch (judgement.verdict) {
    case Verdict::Done:
      step.state = StepState::Done;
      step.ended = now;
      if (outcome.apply_to) outcome.apply_to(discovered_);
      keep_discovered(outcome);
      if (const auto* removal = std::get_if<Remove>(&planned.action)) {
        operation_.audit.removed.push_back(
            fmt::format("{} {}", to_string(removal->key), removal->id));
        const auto journaled = cluster_.resources.find(removal->key);
        if (journaled != cluster_.resources.end() && journaled->second == removal->id) {
          cluster_.resources.erase(journaled);
        }
      }
      return;
    case Verdict::LookAgain:
    case Verdict::Retry:
      return block(step, reason_of(outcome), judgement.pause);
    case Verdict::Skip:
      step.state = StepState::Skipped;
      step.ended = now;
      step.reason = reason_of(outcome);
      return;
    case Verdict::StartOver:
      step.state = StepState::Blocked;
      step.reason = reason_of(outcome);
      step.reason.next = "what it builds on is looked for, and made again if it is gone";
      needs_replan_ = true;
      return;
    case Verdict::Fail:
      step.state = StepState::Failed;
      step.ended = now;
      step.reason = reason_of(outcome);
      return fail(step.reason);
  }
}

void ClusterEngine::note_certainty(StepView& step, const StepDecision& judgement) {
  if (judgement.is_unknown) {
    LostCall& call = lost_calls_.try_emplace(step.name).first->second;
    if (judgement.can_come_late) {
      const base::WallTime now = context_.clock.wall_now();
      call.since = context_.clock.steady_now();
      call.can_come_late = true;
      cluster_.unknown_until =
          std::max(cluster_.unknown_until.value_or(now), now + context_.timing.late_answers);
    }
  }
  const auto lost = lost_calls_.find(step.name);
  if (lost != lost_calls_.end() && judgement.verdict == Verdict::Done) {
    lost->second.is_found = true;
    resolve_unknown_calls();
  }
  step.outcome_unknown = lost != lost_calls_.end() && !lost->second.is_found;
}

void ClusterEngine::block(StepView& step, Reason reason, std::chrono::milliseconds pause) {
  step.state = StepState::Blocked;
  step.reason = std::move(reason);
  step.retry_at = context_.clock.wall_now() + pause;
  step.reason.next = fmt::format("tried again at {}", base::format_rfc3339(*step.retry_at));
  log::info("step blocked", {{"cluster", cluster_.spec.name},
                             {"tenant", cluster_.spec.tenant},
                             {"operation", operation_.id},
                             {"step", step.name},
                             {"reason", step.reason.message},
                             {"request_id", step.reason.request_id}});
  emit_blocked(step);
  context_.timer.call_after(pause,
                            [weak = weak_from_this(), operation = operation_.id, name = step.name] {
                              if (const auto self = weak.lock()) self->unblock(operation, name);
                            });
}

void ClusterEngine::unblock(const std::string& operation_id, const std::string& step_name) {
  context_.pool.submit([self = shared_from_this(), operation_id, step_name](const auto&) {
    const std::lock_guard lock(self->mutex_);
    if (self->operation_.id != operation_id || has_ended(self->operation_)) return;
    StepView* step = find_step(self->operation_, step_name);
    if (step == nullptr || step->state != StepState::Blocked) return;
    step->state = StepState::Pending;
    self->advance();
  });
}

void ClusterEngine::fail(Reason reason) {
  if (failure_) return;  // the first cause counts
  const std::string again =
      operation_.kind == OperationKind::Create
          ? "send the same provision again (it goes on from what is there), or destroy the cluster"
          : "ask for it again: it goes on from what is there";
  reason.next = reason.next.empty() ? "correct the cause and " + again
                                    : fmt::format("{}; then {}", reason.next, again);
  failure_ = std::move(reason);
}

}  // namespace mex::cluster
