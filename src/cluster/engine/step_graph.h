#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "cluster/plan/plan.h"
#include "cluster/records/records.h"
#include "cluster/steps/perform.h"
#include "cluster/steps/timing.h"

// How an operation goes on: which step may run, and what the outcome of one means. Pure.
namespace mex::cluster {

// The stage an operation is in: planned steps, whose state lives in the operation's record.
class StepGraph {
 public:
  // Begins a stage. Steps that the record knows by name are run again, with their attempts and
  // their unknown outcome kept; others are appended.
  void begin(std::vector<PlannedStep> steps, OperationRecord& operation, base::WallTime now);

  // Pending steps whose predecessors are done.
  std::vector<const PlannedStep*> ready(OperationRecord& operation) const;
  bool is_complete(OperationRecord& operation) const;
  const std::vector<PlannedStep>& steps() const { return steps_; }

 private:
  std::vector<PlannedStep> steps_;
};

enum class Verdict {
  Done,
  LookAgain,  // the fate of a call is open: look before anything else
  Retry,
  Skip,  // failed, but the cluster does not need it
  // Something that it builds on seems to be gone: look at everything anew, and plan anew. Neutron
  // itself makes that: while its POST of a router or of ports is under way, it shows what it may
  // yet take back and make again with another id.
  StartOver,
  Fail,
};

struct StepDecision {
  Verdict verdict = Verdict::Done;
  std::chrono::milliseconds pause{0};  // for LookAgain and Retry
  bool is_unknown = false;             // a call went out and its fate is open
  // It may take effect after somebody has looked. Not so where the cloud answered, if only that it
  // failed half-way: then its work on the call is over.
  bool can_come_late = false;
};

struct StepAttemptInfo {
  OperationKind kind = OperationKind::Create;
  int attempts = 1;
  std::chrono::milliseconds since_start{0};  // of the step
  std::size_t seed = 0;                      // for retry_pause
  int starts_over = 0;                       // of the operation, until now
};

StepDecision decide_next(const Outcome& outcome, const Action& action,
                         const StepAttemptInfo& circumstances, const Timing& timing);

// What an operator reads about a failed call.
Reason reason_of(const Outcome& outcome);

}  // namespace mex::cluster
