#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/status.h"
#include "cluster/engine/cluster_engine.h"
#include "cluster/plan/change.h"
#include "cluster/plan/create_plan.h"
#include "cluster/plan/destroy_plan.h"
#include "cluster/records/journal.h"

// The stages of a cluster's operations:
//
//   create, scale, replace, repair
//            Look -> Run -> (Audit -> Clean, if a call's answer was ever lost)
//   destroy  Look -> Run -> Audit -> (Run -> Audit, until nothing is left)
namespace mex::cluster {
namespace {

void add_once(std::vector<std::string>& lines, const std::vector<ObservedResource>& resources) {
  for (const ObservedResource& resource : resources) {
    std::string line = to_string(resource);
    if (std::find(lines.begin(), lines.end(), line) == lines.end()) {
      lines.push_back(std::move(line));
    }
  }
}

}  // namespace

// Servers to be made anew: those in ERROR, and those of nodes that failed.
ResourceIds ClusterEngine::take_broken_servers(ResourceIds& chosen, const Inventory& inventory,
                                               const std::vector<std::string>& failed_nodes) {
  ResourceIds broken;
  for (const std::string& slot : failed_nodes) {
    const auto found = chosen.find({ResourceKind::Server, slot});
    if (found == chosen.end()) continue;
    broken.insert(*found);
    chosen.erase(found);
  }
  for (const ObservedResource& resource : inventory) {
    if (resource.kind != ResourceKind::Server || resource.status != "ERROR") continue;
    const auto found = std::find_if(chosen.begin(), chosen.end(),
                                    [&](const auto& entry) { return entry.second == resource.id; });
    if (found == chosen.end()) continue;
    broken.insert(*found);
    chosen.erase(found);
  }
  return broken;
}

void ClusterEngine::begin_stage(Stage stage, std::vector<PlannedStep> steps) {
  stage_ = stage;
  graph_.begin(std::move(steps), operation_, context_.clock.wall_now());
}

void ClusterEngine::begin_operation() {
  failure_.reset();
  needs_replan_ = false;
  replans_ = 0;
  lost_calls_.clear();
  was_certain_ = !cluster_.unknown_until;
  consoles_.clear();
  operation_.state = OperationState::Running;
  // What an earlier process asked for without keeping the answer.
  for (StepView& step : operation_.steps) {
    if (!step.outcome_unknown) continue;
    lost_calls_[step.name] = {.since = context_.clock.steady_now(),
                              .can_come_late = true,
                              .is_found = false,
                              .is_repeated = step.attempts > 1};
    cluster_.unknown_until = context_.clock.wall_now() + context_.timing.late_answers;
  }
  log::info("operation begins", {{"operation", operation_.id},
                                 {"kind", to_string(operation_.kind)},
                                 {"tenant", cluster_.spec.tenant},
                                 {"cluster", cluster_.spec.name},
                                 {"cluster_id", cluster_.id}});
  emit_started();
  begin_discovery();
}

// What a lost call was believed to have made may be what is gone: then the call is open again.
void ClusterEngine::replan() {
  needs_replan_ = false;
  ++replans_;
  const bool can_come_late =
      std::any_of(lost_calls_.begin(), lost_calls_.end(),
                  [](const auto& entry) { return entry.second.can_come_late; });
  if (can_come_late) {
    cluster_.unknown_until = context_.clock.wall_now() + context_.timing.late_answers;
  }
  log::info("operation starts over", {{"operation", operation_.id},
                                      {"tenant", cluster_.spec.tenant},
                                      {"cluster", cluster_.spec.name}});
  begin_discovery();
}

void ClusterEngine::begin_discovery() {
  discovered_ = {};
  has_duplicates_ = false;
  if (operation_.kind == OperationKind::Create) {
    return begin_stage(Stage::Look, plan_create_looks(cluster_.spec, cluster_.has_cloud_resources));
  }
  if (operation_.kind != OperationKind::Destroy) {
    return begin_stage(Stage::Look, plan_update_looks(cluster_.spec, cluster_.joining));
  }
  // Nothing was ever asked of the cloud: there is nothing to look for, and no cloud is needed.
  begin_stage(Stage::Look, cluster_.has_cloud_resources ? plan_destroy_looks(cluster_.spec)
                                                        : std::vector<PlannedStep>());
}

void ClusterEngine::next_stage() {
  const bool is_destroy = operation_.kind == OperationKind::Destroy;
  switch (stage_) {
    case Stage::Look:
      if (is_destroy) return plan_destruction();
      return operation_.kind == OperationKind::Create ? plan_creation() : plan_change();
    case Stage::Run:
      if (is_destroy || cluster_.unknown_until || has_duplicates_) {
        return begin_stage(Stage::Audit, plan_audit(cluster_.spec, has_unknown_calls()));
      }
      return end_operation(OperationState::Done, {});
    case Stage::Audit:
      if (has_unknown_calls()) return begin_stage(Stage::Audit, plan_audit(cluster_.spec, true));
      return is_destroy ? plan_destruction() : after_audit();
    case Stage::Clean:
      return end_operation(OperationState::Done, {});
  }
}

bool ClusterEngine::has_unknown_calls() const {
  return cluster_.unknown_until && *cluster_.unknown_until > context_.clock.wall_now();
}

// A lost call that was the only one of its step, and whose effect has been found, is not open any
// more: nothing can come late. When no other is open either, there is nothing to wait for.
void ClusterEngine::resolve_unknown_calls() {
  const bool all_found = std::all_of(lost_calls_.begin(), lost_calls_.end(), [](const auto& entry) {
    return !entry.second.can_come_late || (entry.second.is_found && !entry.second.is_repeated);
  });
  if (was_certain_ && all_found) cluster_.unknown_until.reset();
}

void ClusterEngine::plan_creation() {
  Choice choice;
  if (cluster_.has_cloud_resources) {
    choice = choose(discovered_.inventory, cluster_.resources, cluster_.spec, cluster_.id);
  }
  const ResourceIds broken =
      take_broken_servers(choice.chosen, discovered_.inventory, cluster_.failed_nodes);
  cluster_.resources = choice.chosen;
  const absl::Status user_data = check_user_data();
  auto plan = !user_data.ok() ? absl::StatusOr<Plan>(user_data)
                              : plan_create({.spec = cluster_.spec,
                                             .owner = {context_.agent_id, cluster_.id},
                                             .discovered = discovered_,
                                             .user_data = context_.platform.user_data,
                                             .addresses = cluster_.addresses,
                                             .is_gateway_known = !cluster_.gateway.empty(),
                                             .present = cluster_.resources,
                                             .broken = broken,
                                             .check_existing = cluster_.has_cloud_resources});
  run(std::move(plan), choice);
}

void ClusterEngine::run(absl::StatusOr<Plan> plan, const Choice& choice) {
  if (!plan.ok()) {
    Outcome outcome;
    outcome.status = plan.status();
    outcome.request_id = base::detail_of(plan.status()).request_id;
    return fail(reason_of(outcome));
  }
  operation_.plan_hash = hash_of(*plan);
  begin_stage(Stage::Run, std::move(plan->steps));
  for (auto& [name, lost] : lost_calls_) {
    const StepView* step = find_step(operation_, name);
    lost.is_found = step != nullptr && step->state == StepState::Done;
  }
  resolve_unknown_calls();
  has_duplicates_ = !choice.duplicates.empty();
}

void ClusterEngine::after_audit() {
  const Choice choice =
      choose(discovered_.inventory, cluster_.resources, spec_with_retiring(cluster_), cluster_.id);
  cluster_.unknown_until.reset();
  add_once(operation_.audit.found, discovered_.inventory);
  add_once(operation_.audit.refused, choice.unowned);
  Plan plan = plan_removal_of_duplicates(choice.duplicates, cluster_.spec, cluster_.id);
  begin_stage(Stage::Clean, std::move(plan.steps));
}

void ClusterEngine::plan_destruction() {
  Removal removal = plan_destroy(discovered_.inventory, cluster_.resources,
                                 spec_with_retiring(cluster_), cluster_.id);
  add_once(operation_.audit.found, removal.found);
  add_once(operation_.audit.refused, removal.refused);
  if (removal.plan.steps.empty() && !has_unknown_calls()) return end_destruction();
  operation_.plan_hash = hash_of(removal.plan);
  begin_stage(Stage::Run, std::move(removal.plan.steps));
}

void ClusterEngine::end_operation(OperationState state, Reason reason) {
  const base::WallTime now = context_.clock.wall_now();
  operation_.state = state;
  operation_.ended = now;
  operation_.reason = reason;
  for (StepView& step : operation_.steps) {
    const bool is_open = step.state == StepState::Pending || step.state == StepState::Running ||
                         step.state == StepState::Blocked;
    if (!is_open) continue;
    step.state = StepState::Skipped;
    step.ended = now;
    step.retry_at.reset();
  }
  store::Transaction transaction;
  if (state == OperationState::Done) {
    cluster_.phase = ClusterPhase::Active;
    settle_change(transaction);
  }
  if (state == OperationState::Failed) {
    // A change that failed leaves a cluster that works.
    if (operation_.kind == OperationKind::Create) cluster_.phase = ClusterPhase::Failed;
    cluster_.reason = reason;
  }
  cluster_.unhealthy_since.clear();
  log::info("operation ended", {{"operation", operation_.id},
                                {"kind", to_string(operation_.kind)},
                                {"state", to_string(state)},
                                {"tenant", cluster_.spec.tenant},
                                {"cluster", cluster_.spec.name},
                                {"reason", reason.message},
                                {"request_id", reason.request_id}});
  emit_ended();
  refresh_conditions();
  if (wants_kubernetes_sweep()) {
    sweep_kubernetes_after(cluster_.spec.flavor.health_policy.probe_interval);
  }
  const absl::Status status = persist(std::move(transaction));
  // The next process would find the operation unfinished and come to the same end.
  if (!status.ok()) log::error("the end of an operation was not stored", {{"status", status}});
}

void ClusterEngine::end_destruction() {
  OperationRecord ended = operation_;
  ended.state = OperationState::Done;
  ended.ended = context_.clock.wall_now();
  store::Transaction transaction;
  erase(transaction, cluster_);
  add(transaction, ended);
  if (cluster_.has_cloud_resources) {
    add_destroyed(transaction, {.cluster = cluster_, .when = *ended.ended});
  }
  const absl::Status status = context_.store.commit(transaction).status();
  if (!status.ok()) {
    // Nothing is left in the cloud; only the record is. Going through the looks again is harmless.
    log::error("the end of an operation was not stored", {{"status", status}});
    std::vector<PlannedStep> steps{plain_step(std::string(kLogInStep), LogIn{})};
    begin_stage(Stage::Look, std::move(steps));
    return block(*find_step(operation_, kLogInStep),
                 because("StoreFailed",
                         fmt::format("the end could not be stored: {}", base::message_of(status))),
                 context_.timing.longest_retry);
  }
  operation_ = std::move(ended);
  archive(operation_);
  log::info("cluster destroyed", {{"operation", operation_.id},
                                  {"tenant", cluster_.spec.tenant},
                                  {"cluster", cluster_.spec.name},
                                  {"removed", operation_.audit.removed.size()},
                                  {"refused", operation_.audit.refused.size()}});
  emit_ended();
  context_.pool.submit(
      [self = shared_from_this()](const auto&) { self->context_.forget(self->id_); });
}

void ClusterEngine::switch_to_waiting_operation() {
  if (!has_ended(operation_)) {
    failure_.reset();
    Reason reason = because("Cancelled", "the cluster is to be destroyed");
    reason.next = fmt::format("see operation {}", waiting_->id);
    end_operation(OperationState::Cancelled, std::move(reason));
  }
  archive(std::exchange(operation_, *std::move(waiting_)));
  waiting_.reset();
  begin_operation();
}

}  // namespace mex::cluster
