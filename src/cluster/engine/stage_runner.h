#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/log.h"
#include "cluster/engine/awaited_steps.h"
#include "cluster/engine/cluster_credentials.h"
#include "cluster/engine/cluster_events.h"
#include "cluster/engine/cluster_records.h"
#include "cluster/engine/lost_calls.h"
#include "cluster/engine/operation_context.h"
#include "cluster/engine/step_decision.h"
#include "cluster/engine/step_graph.h"

namespace mex::cluster {

// Runs the steps of one stage after the other: launches what is ready, applies what comes back,
// waits and retries. Not thread-safe.
//
// The order that makes a crash harmless: a step's intent is committed before its call is launched,
// and its result before anything that builds on it is launched (the same commit).
class StageRunner {
 public:
  // `proceed` is called after every change that lets the operation go on. All outlive this object.
  StageRunner(const OperationContext& context, ClusterRecords& records,
              ClusterCredentials& credentials, const ClusterEvents& events, LostCalls& lost_calls,
              OperationProgress& progress, std::function<void()> proceed);

  void begin(std::vector<PlannedStep> steps);
  void launch_ready();
  bool is_complete() { return graph_.is_complete(records_.operation()); }
  bool has_calls_in_flight() const { return calls_in_flight_ > 0; }
  // The step of the stage waits for `pause` and is tried again. The log says so at `level`: a
  // warning where a person should act.
  void block(const StepKey& key, Reason reason, std::chrono::milliseconds pause, log::Level level);

  // True if a step ended because of it.
  bool observe(const ServerSweep& sweep);
  bool observe(const KubernetesSweep& sweep);

  AwaitedSteps& awaited() { return awaited_; }
  const AwaitedSteps& awaited() const { return awaited_; }

 private:
  void launch_call(const PlannedStep& planned, const StepView& step);
  void await(const PlannedStep& planned, StepView& step);
  void completed(const StepKey& key, const Outcome& outcome);
  void count_time(StepView& step);
  void apply(const PlannedStep& planned, StepView& step, const Outcome& outcome);
  void succeed(const PlannedStep& planned, StepView& step, const Outcome& outcome);
  void keep_discovered(const Outcome& outcome);
  void keep_lost_call(StepView& step, const StepDecision& decision);
  void wake_after(std::chrono::milliseconds pause, const StepKey& key);
  void wake(const std::string& operation_id, const StepKey& key);
  bool conclude(std::vector<AwaitedSteps::Judged> judged);

  const OperationContext& context_;
  ClusterRecords& records_;
  ClusterCredentials& credentials_;
  const ClusterEvents& events_;
  LostCalls& lost_calls_;
  OperationProgress& progress_;
  const std::function<void()> proceed_;
  StepGraph graph_;
  AwaitedSteps awaited_;
  // Until when the time of each step that has a call is in its StepView::waited, by name.
  std::map<std::string, base::SteadyTime, std::less<>> counted_;
  int calls_in_flight_ = 0;
};

}  // namespace mex::cluster
