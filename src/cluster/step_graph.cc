#include "cluster/step_graph.h"

#include <algorithm>
#include <utility>

#include "base/status.h"
#include "openstack/error.h"

namespace mex::cluster {
namespace {

bool is_behind(const StepView& step) {
  return step.state == StepState::Done || step.state == StepState::Skipped;
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

Judgement judge(const Outcome& outcome, const Action& action, const Circumstances& circumstances,
                const Timing& timing) {
  if (outcome.not_seen) return {Verdict::LookAgain, timing.settle_look, true};
  if (outcome.status.ok()) return {};
  if (makes_resource(action) && openstack::outcome_unknown(outcome.status)) {
    return {Verdict::LookAgain, timing.settle_look, true};
  }
  const Judgement retry{Verdict::Retry,
                        retry_pause(timing, circumstances.attempts, circumstances.seed), false};
  // What is to be removed stays wished away: whatever stands in the way is shown and tried again.
  if (circumstances.kind == OperationKind::Destroy) return retry;
  const bool is_transient =
      openstack::is_transient(outcome.status) || openstack::outcome_unknown(outcome.status);
  if (is_transient && circumstances.since_start < timing.give_up) return retry;
  if (std::holds_alternative<TagResource>(action)) return {Verdict::Skip, {}, false};
  return {Verdict::Fail, {}, false};
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
