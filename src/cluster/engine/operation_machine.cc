#include "cluster/engine/operation_machine.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/status.h"
#include "cluster/plan/adoption.h"
#include "cluster/plan/change.h"
#include "cluster/plan/destroy_plan.h"
#include "cluster/plan/operation_plan.h"
#include "cluster/steps/outcome.h"

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

void skip_open_steps(OperationRecord& operation, base::WallTime now) {
  for (StepView& step : operation.steps) {
    const bool is_open = step.state == StepState::Pending || step.state == StepState::Running ||
                         step.state == StepState::Blocked;
    if (!is_open) continue;
    step.state = StepState::Skipped;
    step.ended = now;
    step.retry_at.reset();
  }
}

}  // namespace

OperationMachine::OperationMachine(OperationContext context, ClusterRecords& records,
                                   ClusterCredentials& credentials, const ClusterEvents& events)
    : context_(std::move(context)),
      records_(records),
      credentials_(credentials),
      events_(events),
      lost_calls_(context_.clock, context_.timing),
      runner_(context_, records, credentials, events, lost_calls_, progress_,
              [this] { advance(); }) {}

void OperationMachine::begin() {
  OperationRecord& operation = records_.operation();
  if (has_ended(operation)) return;
  progress_ = {};
  runner_.awaited().reset();
  lost_calls_.begin(operation, records_.cluster());
  operation.state = OperationState::Running;
  log::info("operation begins", {{"operation", operation.id},
                                 {"kind", to_string(operation.kind)},
                                 {"tenant", operation.tenant},
                                 {"cluster", operation.cluster_name},
                                 {"cluster_id", operation.cluster_id}});
  events_.emit_started(operation);
  begin_discovery();
  advance();
}

void OperationMachine::advance() {
  for (;;) {
    if (end_if_stopping() || has_ended(records_.operation())) return;
    if (!runner_.is_complete()) break;
    next_stage();
  }
  runner_.launch_ready();
}

// A failed or superseded operation launches nothing more and ends with its last call; one that
// starts over waits for that, too.
bool OperationMachine::end_if_stopping() {
  const bool is_cancelled = records_.operation().is_cancel_requested;
  const bool is_stopping =
      records_.next() || progress_.failure || is_cancelled || progress_.needs_replan;
  if (!is_stopping) return false;
  if (runner_.has_calls_in_flight()) return true;
  if (records_.next()) {
    switch_to_next();
    return true;
  }
  if (progress_.failure) {
    end_operation(OperationState::Failed, *std::exchange(progress_.failure, {}));
    return true;
  }
  if (is_cancelled) {
    end_operation(OperationState::Cancelled, because("Cancelled", "a caller has cancelled it"));
    return true;
  }
  replan();
  return false;
}

bool OperationMachine::observe(const ServerSweep& sweep) {
  if (has_ended(records_.operation()) || !runner_.observe(sweep)) return false;
  advance();
  return true;
}

bool OperationMachine::observe(const KubernetesSweep& sweep) {
  if (has_ended(records_.operation()) || !runner_.observe(sweep)) return false;
  advance();
  return true;
}

void OperationMachine::begin_discovery() {
  progress_.discovered = {};
  progress_.has_duplicates = false;
  const ClusterRecord& cluster = records_.cluster();
  const OperationKind kind = records_.operation().kind;
  if (needs_adoption(cluster, kind) && !progress_.has_adopted) {
    return begin_stage(Stage::Adopt, plan_adoption(cluster));
  }
  begin_stage(Stage::Discover, plan_discovery(cluster, kind));
}

void OperationMachine::finish_adoption() {
  const OperationKind kind = records_.operation().kind;
  progress_.has_adopted = true;
  records_.mark_changed();
  const absl::Status status = adopt(records_.cluster(), progress_.discovered, kind);
  if (!status.ok()) return refuse(status);
  begin_discovery();
}

// The operation cannot be planned.
void OperationMachine::refuse(const absl::Status& status) {
  Outcome outcome;
  outcome.status = status;
  outcome.request_id = base::detail_of(status).request_id;
  fail(progress_, records_.operation().kind, reason_of(outcome));
}

void OperationMachine::begin_stage(Stage stage, std::vector<PlannedStep> steps) {
  stage_ = stage;
  runner_.begin(std::move(steps));
}

void OperationMachine::replan() {
  progress_.needs_replan = false;
  ++progress_.replans;
  lost_calls_.reopen(records_.cluster());
  log::info("operation starts over", {{"operation", records_.operation().id},
                                      {"tenant", records_.operation().tenant},
                                      {"cluster", records_.operation().cluster_name}});
  begin_discovery();
}

bool OperationMachine::can_calls_come_late() const {
  return lost_calls_.can_come_late(records_.cluster());
}

void OperationMachine::next_stage() {
  const ClusterRecord& cluster = records_.cluster();
  const bool is_destroy = records_.operation().kind == OperationKind::Destroy;
  switch (stage_) {
    case Stage::Adopt:
      return finish_adoption();
    case Stage::Discover:
      return is_destroy ? plan_destruction() : plan_run();
    case Stage::Run:
      if (is_destroy || cluster.unknown_until || progress_.has_duplicates) {
        return begin_stage(Stage::Audit, plan_audit(cluster.spec, can_calls_come_late()));
      }
      return end_operation(OperationState::Done, {});
    case Stage::Audit:
      if (can_calls_come_late()) {
        return begin_stage(Stage::Audit, plan_audit(cluster.spec, true));
      }
      return is_destroy ? plan_destruction() : plan_cleaning();
    case Stage::Clean:
      return end_operation(OperationState::Done, {});
  }
}

void OperationMachine::plan_run() {
  ClusterRecord& cluster = records_.cluster();
  OperationRecord& operation = records_.operation();
  const PresentResources present =
      present_resources(cluster, operation.kind, progress_.discovered.inventory);
  const absl::Status groups = check_server_groups(cluster, operation.kind, present);
  if (!groups.ok()) return refuse(groups);
  cluster.resources = present.journal;
  auto plan = plan_operation({.cluster = cluster,
                              .kind = operation.kind,
                              .discovered = progress_.discovered,
                              .present = present,
                              .agent_id = context_.agent_id,
                              .user_data = context_.user_data});
  if (!plan.ok()) return refuse(plan.status());
  const absl::Status user_data = credentials_.check_user_data(cluster, *plan);
  if (!user_data.ok()) return refuse(user_data);
  keep_choices(cluster, progress_.discovered, operation.kind);
  operation.plan_hash = hash_of(*plan);
  begin_stage(Stage::Run, std::move(plan->steps));
  lost_calls_.replan(
      [&operation](std::string_view name) {
        const StepView* step = find_step(operation, name);
        return step != nullptr && step->state == StepState::Done;
      },
      cluster);
  progress_.has_duplicates = present.has_duplicates;
}

void OperationMachine::plan_cleaning() {
  ClusterRecord& cluster = records_.cluster();
  AuditView& audit = records_.operation().audit;
  const Inventory& inventory = progress_.discovered.inventory;
  const Choice choice = choose(inventory, cluster.resources, spec_with_leaving(cluster), cluster.id,
                               precedence_in(records_.operation().kind));
  cluster.unknown_until.reset();
  add_once(audit.found, inventory);
  add_once(audit.refused, choice.unowned);
  Plan plan =
      plan_removal_of_duplicates(choice.duplicates, cluster.resources, cluster.spec, cluster.id);
  begin_stage(Stage::Clean, std::move(plan.steps));
}

void OperationMachine::plan_destruction() {
  const ClusterRecord& cluster = records_.cluster();
  OperationRecord& operation = records_.operation();
  Removal removal = plan_destroy(progress_.discovered.inventory, cluster.resources,
                                 spec_with_leaving(cluster), cluster.id);
  add_once(operation.audit.found, removal.found);
  add_once(operation.audit.refused, removal.refused);
  if (removal.plan.steps.empty() && !can_calls_come_late()) return end_destruction();
  operation.plan_hash = hash_of(removal.plan);
  begin_stage(Stage::Run, std::move(removal.plan.steps));
}

void OperationMachine::end_operation(OperationState state, Reason reason) {
  ClusterRecord& cluster = records_.cluster();
  OperationRecord& operation = records_.operation();
  operation.state = state;
  operation.ended = context_.clock.wall_now();
  operation.reason = reason;
  skip_open_steps(operation, *operation.ended);
  store::Transaction transaction;
  if (state == OperationState::Done) {
    cluster.phase = ClusterPhase::Active;
    finish_change(cluster, transaction);
  }
  const bool is_superseded = records_.next().has_value();
  if (state == OperationState::Failed || (state == OperationState::Cancelled && !is_superseded)) {
    // A change that failed leaves a cluster that works, and what was wanted before it.
    if (operation.kind == OperationKind::Create) {
      cluster.phase = ClusterPhase::Failed;
      if (reason.code == kSubnetInUse) cluster.refused_subnets.push_back(cluster.spec.subnet);
    } else if (state == OperationState::Cancelled || !cluster.is_change_kept) {
      release_addresses(cluster, transaction, undo_change);
    }
    cluster.reason = reason;
  }
  cluster.unhealthy.clear();
  // What has failed is not tried again by itself.
  log::write(state == OperationState::Failed ? log::Level::Warning : log::Level::Info,
             "operation ended",
             {{"operation", operation.id},
              {"kind", to_string(operation.kind)},
              {"state", to_string(state)},
              {"tenant", operation.tenant},
              {"cluster", operation.cluster_name},
              {"reason", reason.message},
              {"request_id", reason.request_id}});
  events_.emit_ended(operation);
  context_.hooks.ending();
  const absl::Status status = records_.persist(std::move(transaction));
  // The next process would find the operation unfinished and come to the same end.
  if (!status.ok()) log::error("the end of an operation was not stored", {{"status", status}});
}

void OperationMachine::end_destruction() {
  const absl::Status status = records_.finish_destroy(context_.clock.wall_now());
  if (!status.ok()) {
    // Nothing is left in the cloud; only the record is. Another discovery is harmless.
    log::error("the end of an operation was not stored", {{"status", status}});
    std::vector<PlannedStep> steps{plain_step(StepKind::LogIn, LogIn{})};
    begin_stage(Stage::Discover, std::move(steps));
    return runner_.block(StepKind::LogIn,
                         because("StoreFailed", fmt::format("the end could not be stored: {}",
                                                            base::message_of(status))),
                         context_.timing.longest_retry, log::Level::Warning);
  }
  const OperationRecord& operation = records_.operation();
  log::info("cluster destroyed", {{"operation", operation.id},
                                  {"tenant", operation.tenant},
                                  {"cluster", operation.cluster_name},
                                  {"removed", operation.audit.removed.size()},
                                  {"refused", operation.audit.refused.size()}});
  events_.emit_ended(operation);
  context_.hooks.destroyed();
}

void OperationMachine::switch_to_next() {
  if (!has_ended(records_.operation())) {
    progress_.failure.reset();
    Reason reason = because("Cancelled", "the cluster is to be destroyed");
    reason.next = fmt::format("see operation {}", records_.next()->id);
    end_operation(OperationState::Cancelled, std::move(reason));
  }
  records_.switch_to_next();
  begin();
}

}  // namespace mex::cluster
