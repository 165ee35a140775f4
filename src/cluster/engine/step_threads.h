#pragma once

#include <chrono>

#include "absl/status/status.h"
#include "base/clock.h"
#include "base/thread_pool.h"
#include "cluster/engine/cloud_executor.h"
#include "cluster/engine/step_dispatcher.h"
#include "cluster/steps/cloud.h"
#include "cluster/steps/timing.h"
#include "kubernetes/prober.h"

namespace mex::cluster {

// The threads on which steps of operations make their calls, apart by what they wait for; see
// StepDispatcher. Thread-safe.
class StepThreads {
 public:
  // See CloudExecutor and StepDispatcher. `cloud_calls` are the threads for calls to the cloud. All
  // references outlive this object.
  StepThreads(Cloud* cloud, const absl::Status& cloud_problem, base::ThreadPool& cloud_calls,
              kubernetes::Prober& prober, base::Clock& clock, const Timing& timing);

  StepExecutor& executor() { return dispatcher_; }

  // Gives up the calls to API servers. May be called twice.
  void stop();

 private:
  base::ThreadPool api_servers_;
  base::ThreadPool drains_;
  CloudExecutor cloud_executor_;
  CloudExecutor api_server_executor_;
  CloudExecutor drain_executor_;
  StepDispatcher dispatcher_;
};

}  // namespace mex::cluster
