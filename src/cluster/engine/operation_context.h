#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "base/clock.h"
#include "cluster/engine/step_executor.h"
#include "cluster/engine/timers.h"
#include "cluster/plan/discovered.h"
#include "cluster/records/views.h"
#include "cluster/steps/timing.h"

namespace mex::cluster {

// What an operation tells the owner of its cluster. Called from within the machine's functions, so
// none of these may call the machine.
struct OperationHooks {
  // The outcome of a call has been applied: the records may have changed.
  std::function<void()> outcome_applied;
  // The operation has ended; its end is committed when this returns.
  std::function<void()> ending;
  // A server is awaited from now on, or what the API server says.
  std::function<void()> await_servers;
  std::function<void()> await_kubernetes;
  // Addresses by which the cluster is reached have changed.
  std::function<void()> endpoints_changed;
  // The cluster is gone, and so are its records.
  std::function<void()> destroyed;
};

// What the operations of a cluster run with. The owner serializes everything: while a function of
// the machine, an outcome or a timer runs, no other does. Everything referred to outlives the
// operations.
struct OperationContext {
  base::Clock& clock;
  StepExecutor& executor;
  Timers& timers;
  const Timing& timing;
  std::string agent_id;
  std::string user_data;  // of unmanaged servers
  OperationHooks hooks;
};

// What is known of an operation while it runs. Not stored: after a restart it is found out again.
struct OperationProgress {
  Discovered discovered;
  bool has_duplicates = false;    // two resources for one place were seen: the audit removes one
  std::optional<Reason> failure;  // the operation ends with it when no call is in flight
  bool has_adopted = false;       // ids that the record did not keep were looked for
  bool needs_replan = false;      // the operation starts over when no call is in flight
  int replans = 0;                // how often it did
};

// The operation fails for `reason`, of which the first one counts.
void fail(OperationProgress& progress, OperationKind kind, Reason reason);

}  // namespace mex::cluster
