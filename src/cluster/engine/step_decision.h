#pragma once

#include <chrono>
#include <cstddef>

#include "absl/status/status.h"
#include "cluster/plan/action.h"
#include "cluster/records/views.h"
#include "cluster/steps/outcome.h"
#include "cluster/steps/timing.h"

// What the outcome of one attempt means for its step. Pure.
namespace mex::cluster {

enum class Verdict {
  Done,
  LookAgain,  // the fate of a call is open: look before anything else
  Wait,       // the cloud is at work on it
  Retry,
  Skip,  // failed, but the cluster does not need it
  // Something that it builds on seems to be gone: everything is discovered and planned anew.
  // Neutron itself causes that: while its POST of a router or of ports is under way, it shows what
  // it may yet take back and make again with another id.
  Replan,
  Withdraw,  // what was to be replaced works again: everything is planned anew without it
  Fail,
};

struct StepDecision {
  Verdict verdict = Verdict::Done;
  std::chrono::milliseconds pause{0};  // for LookAgain, Wait and Retry
  bool is_unknown = false;             // a call that makes something went out and its fate is open
  // A call went out that may take effect after its effect was looked for. Not so where the cloud
  // answered, if only that it failed half-way: then its work on the call is over.
  bool can_come_late = false;
};

struct StepAttemptInfo {
  OperationKind kind = OperationKind::Create;
  int attempts = 1;
  std::chrono::milliseconds waited{0};  // since the first one
  std::size_t seed = 0;                 // for retry_pause
  int replans = 0;                      // of the operation, until now
  bool may_be_own_refusal = false;      // see LostCalls::may_be_in_the_way()
  bool has_cloud_resources = false;     // the cluster: see ClusterRecord
};

StepDecision decide_next(const Outcome& outcome, const Action& action,
                         const StepAttemptInfo& attempt, const Timing& timing);

// Whether time alone will not do: a person has to give other credentials, rights or quota, put
// something there that is missing, or set up the cloud.
bool needs_action(const absl::Status& status);

// What an operator reads about a failed call.
Reason reason_of(const Outcome& outcome);

}  // namespace mex::cluster
