#include "cluster/engine/step_graph.h"

#include <algorithm>
#include <utility>

#include "base/status.h"
#include "openstack/error.h"

namespace mex::cluster {
namespace {

bool is_behind(const StepView& step) {
  return step.state == StepState::Done || step.state == StepState::Skipped;
}

// Each costs a second of look-ups; what is wrong for good is told a little later.
constexpr int kMaxStartsOver = 2;

// Nova answers 400, not 404, when a port or a server group of the request is not there.
bool may_lack_ground(const Action& action, const absl::Status& status) {
  if (!builds_on_resources(action)) return false;
  return absl::IsNotFound(status) ||
         (std::holds_alternative<CreateServer>(action) && absl::IsInvalidArgument(status));
}

// Too many requests, or somebody else has changed the object meanwhile.
bool is_transient_in_kubernetes(const absl::Status& status) {
  return absl::IsResourceExhausted(status) || absl::IsAborted(status);
}

}  // namespace

void StepGraph::begin(std::vector<PlannedStep> steps, OperationRecord& operation,
                      base::WallTime now) {
  steps_ = std::move(steps);
  for (const PlannedStep& planned : steps_) {
    StepView* step = find_step(operation, planned.name);
    if (step == nullptr) {
      operation.steps.emplace_back();
      step = &operation.steps.back();
      step->name = planned.name;
    }
    step->reason = {};
    step->retry_at.reset();
    if (!planned.is_done) {
      step->state = StepState::Pending;
      step->started.reset();
      step->ended.reset();
      continue;
    }
    if (step->state != StepState::Done) step->ended = now;
    step->state = StepState::Done;
    step->resource_id = planned.resource_id;
    step->outcome_unknown = false;
  }
}

std::vector<const PlannedStep*> StepGraph::ready(OperationRecord& operation) const {
  std::vector<const PlannedStep*> ready;
  for (const PlannedStep& planned : steps_) {
    if (find_step(operation, planned.name)->state != StepState::Pending) continue;
    const bool may_run =
        std::all_of(planned.after.begin(), planned.after.end(), [&](const std::string& name) {
          const StepView* before = find_step(operation, name);
          return before != nullptr && is_behind(*before);
        });
    if (may_run) ready.push_back(&planned);
  }
  return ready;
}

bool StepGraph::is_complete(OperationRecord& operation) const {
  return std::all_of(steps_.begin(), steps_.end(), [&](const PlannedStep& planned) {
    return is_behind(*find_step(operation, planned.name));
  });
}

StepDecision decide_next(const Outcome& outcome, const Action& action,
                         const StepAttemptInfo& circumstances, const Timing& timing) {
  StepDecision judgement;
  if (outcome.not_seen) {
    judgement.verdict = Verdict::LookAgain;
    judgement.pause = timing.settle_look;
    judgement.is_unknown = true;
    return judgement;
  }
  if (outcome.status.ok()) return judgement;
  const bool is_unknown = openstack::outcome_unknown(outcome.status);
  if (makes_resource(action) && is_unknown) {
    judgement.verdict = Verdict::LookAgain;
    judgement.pause = timing.settle_look;
    judgement.is_unknown = true;
    judgement.can_come_late = !absl::IsInternal(outcome.status);
    return judgement;
  }
  const bool is_transient =
      openstack::is_transient(outcome.status) || is_unknown ||
      (needs_api_server(action) && is_transient_in_kubernetes(outcome.status));
  const auto give_up = std::holds_alternative<DrainNode>(action) ? timing.drain : timing.give_up;
  // What is to be removed stays wished away: whatever stands in the way is shown and tried again.
  if (circumstances.kind == OperationKind::Destroy ||
      (is_transient && circumstances.since_start < give_up)) {
    judgement.verdict = Verdict::Retry;
    judgement.pause = retry_pause(timing, circumstances.attempts, circumstances.seed);
    return judgement;
  }
  if (may_lack_ground(action, outcome.status) && circumstances.starts_over < kMaxStartsOver) {
    judgement.verdict = Verdict::StartOver;
    return judgement;
  }
  judgement.verdict = std::holds_alternative<TagResource>(action) ? Verdict::Skip : Verdict::Fail;
  return judgement;
}

Reason reason_of(const Outcome& outcome) {
  Reason reason;
  if (outcome.not_seen) {
    reason.message = "the answer of the call was lost; looking whether it took effect";
    reason.code = "OutcomeUnknown";
    return reason;
  }
  const base::ErrorDetail detail = base::detail_of(outcome.status);
  reason.message = base::message_of(outcome.status);
  reason.code = detail.cloud_code.empty() ? absl::StatusCodeToString(outcome.status.code())
                                          : detail.cloud_code;
  reason.request_id = outcome.request_id;
  return reason;
}

}  // namespace mex::cluster
