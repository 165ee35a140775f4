#include "cluster/engine/step_graph.h"

#include <algorithm>
#include <utility>

namespace mex::cluster {
namespace {

bool is_over(const StepView& step) {
  return step.state == StepState::Done || step.state == StepState::Skipped;
}

}  // namespace

void StepGraph::begin(std::vector<PlannedStep> steps, OperationRecord& operation,
                      base::WallTime now) {
  steps_ = std::move(steps);
  for (const PlannedStep& planned : steps_) {
    StepView* step = find_step(operation, planned.key);
    if (step == nullptr) {
      operation.steps.emplace_back();
      step = &operation.steps.back();
      step->name = planned.name();
    }
    step->reason = {};
    step->is_retried = false;
    step->retry_at.reset();
    if (!planned.is_done) {
      // A step that goes on after a restart has waited already.
      if (is_over(*step) || step->state == StepState::Failed) step->waited = {};
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

std::vector<const PlannedStep*> StepGraph::ready(const OperationRecord& operation) const {
  std::vector<const PlannedStep*> ready;
  for (const PlannedStep& planned : steps_) {
    if (find_step(operation, planned.key)->state != StepState::Pending) continue;
    const bool may_run =
        std::all_of(planned.after.begin(), planned.after.end(), [&](const StepKey& key) {
          const StepView* before = find_step(operation, key);
          return before != nullptr && is_over(*before);
        });
    if (may_run) ready.push_back(&planned);
  }
  return ready;
}

bool StepGraph::is_complete(const OperationRecord& operation) const {
  return std::all_of(steps_.begin(), steps_.end(), [&](const PlannedStep& planned) {
    return is_over(*find_step(operation, planned.key));
  });
}

const PlannedStep* StepGraph::find(const StepKey& key) const {
  const auto found = std::find_if(steps_.begin(), steps_.end(),
                                  [&](const PlannedStep& step) { return step.key == key; });
  return found == steps_.end() ? nullptr : &*found;
}

StepView* find_step(OperationRecord& operation, const StepKey& key) {
  return find_step(operation, to_string(key));
}

const StepView* find_step(const OperationRecord& operation, const StepKey& key) {
  return find_step(operation, to_string(key));
}

}  // namespace mex::cluster
