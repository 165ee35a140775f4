#pragma once

#include "absl/status/statusor.h"
#include "cluster/engine/awaited_steps.h"
#include "cluster/engine/cluster_credentials.h"
#include "cluster/engine/cluster_events.h"
#include "cluster/engine/cluster_records.h"
#include "cluster/engine/lost_calls.h"
#include "cluster/engine/operation_context.h"
#include "cluster/engine/stage_runner.h"

namespace mex::cluster {

// The state machine of a cluster's operations, one after the other, by these stages:
//
//   create, scale, replace, repair
//            (Adopt, if the record keeps no ids yet ->) Discover -> Run -> (Audit -> Clean, if a
//            call's answer was ever lost)
//   destroy  Discover -> Run -> Audit -> (Run -> Audit, until nothing is left)
//
// Its calls go through StepExecutor, its time is base::Clock and Timers, its memory ClusterRecords:
// a machine made from stored records goes on where another one stopped. Not thread-safe.
class OperationMachine {
 public:
  // All outlive the machine.
  OperationMachine(OperationContext context, ClusterRecords& records,
                   ClusterCredentials& credentials, const ClusterEvents& events);
  OperationMachine(const OperationMachine&) = delete;
  OperationMachine& operator=(const OperationMachine&) = delete;

  // Begins the current operation of the records, or goes on with it after a restart. Nothing
  // happens if it has ended.
  void begin();
  // Goes on as far as possible: a destroy that was added to the records cancels what runs.
  void advance();

  // What was seen of servers, of the API server and of nodes. True if the operation went on.
  bool observe(const ServerSweep& sweep);
  bool observe(const KubernetesSweep& sweep);

  AwaitedSteps& awaited() { return runner_.awaited(); }
  const AwaitedSteps& awaited() const { return runner_.awaited(); }

 private:
  enum class Stage { Adopt, Discover, Run, Audit, Clean };

  void begin_discovery();
  void begin_stage(Stage stage, std::vector<PlannedStep> steps);
  void next_stage();
  void finish_adoption();
  void refuse(const absl::Status& status);
  void plan_run();
  void plan_destruction();
  void plan_cleaning();
  void replan();
  bool end_if_stopping();
  void end_operation(OperationState state, Reason reason);
  void end_destruction();
  void switch_to_next();
  bool can_calls_come_late() const;

  const OperationContext context_;
  ClusterRecords& records_;
  ClusterCredentials& credentials_;
  const ClusterEvents& events_;
  LostCalls lost_calls_;
  OperationProgress progress_;
  StageRunner runner_;
  Stage stage_ = Stage::Discover;
};

}  // namespace mex::cluster
