#pragma once

#include <vector>

#include "base/clock.h"
#include "cluster/plan/plan.h"
#include "cluster/records/records.h"

namespace mex::cluster {

// One stage of an operation: planned steps, whose state is in the operation's record. Not
// thread-safe.
class StepGraph {
 public:
  // Begins a stage. Steps that the record knows by name are run again, with their attempts and
  // their unknown outcome kept; others are appended.
  void begin(std::vector<PlannedStep> steps, OperationRecord& operation, base::WallTime now);

  // Pending steps whose predecessors are done.
  std::vector<const PlannedStep*> ready(const OperationRecord& operation) const;
  bool is_complete(const OperationRecord& operation) const;

  // Null if the stage does not have it.
  const PlannedStep* find(const StepKey& key) const;
  const std::vector<PlannedStep>& steps() const { return steps_; }

 private:
  std::vector<PlannedStep> steps_;
};

// The step's state. Null if the operation does not have it.
StepView* find_step(OperationRecord& operation, const StepKey& key);
const StepView* find_step(const OperationRecord& operation, const StepKey& key);

}  // namespace mex::cluster
