#pragma once

#include <chrono>

#include "base/clock.h"
#include "cluster/engine/step_executor.h"
#include "kubernetes/prober.h"

namespace mex::cluster {

// Gives each attempt to those that wait for the same kind of thing: a cluster whose API server does
// not answer, or whose nodes cannot be drained, keeps no call to the cloud waiting. A call to an
// API server, which would hold a thread, is made only when that has just answered. Thread-safe.
class StepDispatcher final : public StepExecutor {
 public:
  struct Executors {
    StepExecutor& cloud;
    StepExecutor& api_servers;
    StepExecutor& drains;  // which wait for disruption budgets
  };

  // An API server has `limit` to answer. All references outlive the dispatcher.
  StepDispatcher(const Executors& executors, kubernetes::Prober& prober, const base::Clock& clock,
                 std::chrono::milliseconds limit);

  void execute(Attempt attempt, Done done) override;

 private:
  void execute_if_reached(const absl::Status& reached, Attempt attempt, const Done& done);

  const Executors executors_;
  kubernetes::Prober& prober_;
  const base::Clock& clock_;
  const std::chrono::milliseconds limit_;
};

}  // namespace mex::cluster
