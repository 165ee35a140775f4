#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/secret.h"
#include "cluster/engine/cluster_endpoints.h"
#include "cluster/engine/engine_context.h"
#include "cluster/engine/step_graph.h"
#include "cluster/health/awaited_node.h"
#include "cluster/health/conditions.h"
#include "cluster/health/kubernetes_sweep.h"
#include "cluster/health/repair.h"
#include "cluster/health/server_sweep.h"
#include "cluster/plan/discovered.h"
#include "cluster/records/records.h"
#include "cluster/spec/cluster_secrets.h"
#include "cluster/steps/api_server_access.h"
#include "cluster/steps/perform.h"

namespace mex::cluster {

// Runs the operations of one cluster, one after the other. Thread-safe: one mutex, never held
// during a call to the cloud. Calls run on the pool; each one's end leads to advance(), which
// launches whatever became ready.
//
// The order that makes a crash harmless: a step's intent is committed before its call is launched
// (launch), and its result before anything that builds on it is launched (the same commit).
class ClusterEngine final : public std::enable_shared_from_this<ClusterEngine> {
 public:
  // Of a managed cluster, or why they cannot be had: then it can only be destroyed. Null for an
  // unmanaged one.
  using Secrets = absl::StatusOr<std::shared_ptr<const ClusterSecrets>>;

  // The records must be in the store already.
  ClusterEngine(EngineContext& context, ClusterRecord cluster, OperationRecord operation,
                Secrets secrets);

  // Begins the operation, or goes on with it after a restart. After its end, the cluster is
  // watched.
  void start();

  // Another create of a failed cluster with `spec` (addresses as before), which goes on from what
  // is there. The caller commits what prepare_retry() gives, then calls retry(). Between the two
  // nobody may begin another operation. FailedPrecondition if the cluster has not failed.
  absl::StatusOr<NewOperation> prepare_retry(ClusterSpec spec) const;
  void retry(NewOperation committed);

  // Begins to make a changed record true: `edit` gives it, from the one it is given. Returns the id
  // of the operation; of the latest one, with `already` set, if there is nothing to do.
  //   FailedPrecondition  the cluster is not there yet, goes away or is being changed (names the
  //                       operation), or is unmanaged
  //   Unavailable         the store could not be written
  // and the errors of `edit`.
  using Edit = std::function<absl::StatusOr<ClusterRecord>(const ClusterRecord&)>;
  absl::StatusOr<std::string> change(OperationKind kind, std::string subject, const Edit& edit,
                                     bool& already_satisfied);

  // Cancels a running create and begins to destroy; returns the id of the operation, also if that
  // is under way already (`already` is set then).
  absl::StatusOr<std::string> destroy(bool& already_satisfied);

  // True if the operation went on because of it.
  bool observe(const ServerSweep& sweep);
  SweepInterest interest() const;

  const std::string& id() const { return id_; }
  // Destroyed: its records are gone from the store, and its name and addresses are free.
  bool is_destroyed() const;
  ClusterRecord record() const;
  ClusterView view() const;
  std::vector<OperationView> operations() const;  // the running or latest one, and a waiting one
  // Nothing for a cluster that goes away.
  std::optional<ClusterEndpoints> reach() const;
  // See Manager::kubeconfig.
  absl::StatusOr<base::Secret> kubeconfig() const;
  // See Manager::api_server_login.
  absl::StatusOr<ApiServerLogin> api_server_login();

 private:
  enum class Stage { Look, Run, Audit, Clean };

  // All of these are called with the mutex held.
  void begin_operation();
  void begin_discovery();
  void replan();
  void begin_stage(Stage stage, std::vector<PlannedStep> steps);
  void advance();
  bool end_if_stopping();
  void next_stage();
  void plan_creation();
  void plan_change();
  void run(absl::StatusOr<Plan> plan, const Choice& choice);
  absl::Status begin_change(OperationKind kind, std::string subject, ClusterRecord changed);
  void settle_change(store::Transaction& transaction);
  void consider_repair();
  static ResourceIds take_broken_servers(ResourceIds& chosen, const Inventory& inventory,
                                         const std::vector<std::string>& failed_nodes);
  void after_audit();
  void plan_destruction();
  void launch(const std::vector<const PlannedStep*>& steps);
  void launch_call(const PlannedStep& step, StepView& view);
  absl::Status complete(Attempt& attempt);
  void await(const PlannedStep& step, StepView& view);
  void apply(const PlannedStep& planned, StepView& step, const Outcome& outcome);
  void block(StepView& step, Reason reason, std::chrono::milliseconds pause);
  void fail(Reason reason);
  void note_certainty(StepView& step, const StepDecision& judgement);
  void resolve_unknown_calls();
  bool has_unknown_calls() const;
  void end_operation(OperationState state, Reason reason);
  void end_destruction();
  void switch_to_waiting_operation();
  void archive(OperationRecord operation);
  absl::Status persist(store::Transaction transaction = {});
  OperationRecord new_operation(OperationKind kind) const;
  const PlannedStep* planned_step(std::string_view name) const;
  void observe_boot(StepView& step, const AwaitActive& await, const ServerSweep& sweep);
  void finish_awaited(StepView& step);
  bool adopt_other_server(const ResourceKey& key, const std::string& broken,
                          const ServerSweep& sweep);
  Observation sight() const;
  bool refresh_conditions();
  void persist_changes();
  void emit_started() const;
  void emit_ended() const;
  void emit_blocked(const StepView& step) const;
  void emit_readiness();
  std::vector<std::string> master_addresses() const;
  absl::Status refuse_access(std::string_view why) const;
  absl::Status check_managed() const;
  // What the machine of that node is given.
  absl::StatusOr<std::string> user_data_for(const NodeSpec& node,
                                            const std::map<std::string, std::string>& addresses);
  absl::Status check_user_data();
  void keep_discovered(const Outcome& outcome);
  bool is_awaiting_kubernetes() const;
  bool wants_kubernetes_sweep() const;
  void sweep_kubernetes_after(std::chrono::milliseconds pause);
  std::vector<std::string> consoles_wanted(base::WallTime now);
  void observe_kubernetes(KubernetesSweep sweep);
  void observe_api_server(StepView& step);
  void observe_node(StepView& step, const NodeSpec& node);
  AwaitedNode awaited(const StepView& step, const NodeSpec& node,
                      std::chrono::milliseconds deadline);
  void take_verdict(StepView& step, const NodeSpec& node, AwaitedVerdict verdict);
  void mark_node_failed(const NodeSpec& node);
  void show_kubernetes_node(NodeView& node) const;
  const NodeSpec* node_at(std::string_view slot) const;

  // These take the mutex.
  void run_kubernetes_sweep(std::uint64_t ticket, const std::stop_token& stop);
  void completed(const std::string& step_name, const Outcome& outcome);
  void unblock(const std::string& operation_id, const std::string& step_name);
  void late_answers_over(const std::string& operation_id, const std::string& step_name);

  // A call of a step whose answer was lost.
  struct LostCall {
    base::SteadyTime since{};
    bool can_come_late = false;
    bool is_found = false;     // what it made has been seen
    bool is_repeated = false;  // it may have been sent more than once: one of them may come late
  };

  EngineContext& context_;
  const std::string id_;
  mutable std::mutex mutex_;
  ClusterRecord cluster_;
  OperationRecord operation_;               // running, or the latest
  std::optional<OperationRecord> waiting_;  // a destroy that waits for calls in flight
  Stage stage_ = Stage::Look;
  StepGraph graph_;
  Discovered discovered_;
  int calls_in_flight_ = 0;
  bool is_stored_ = true;          // the records are in the store as they are here
  bool has_duplicates_ = false;    // two resources for one place were seen: the audit removes one
  bool was_certain_ = true;        // no lost call of an earlier process was open at the beginning
  std::optional<Reason> failure_;  // the operation ends with it when no call is in flight
  bool needs_replan_ = false;      // the operation starts over when no call is in flight
  int replans_ = 0;                // how often it did
  std::map<std::string, LostCall, std::less<>> lost_calls_;  // by step
  std::map<std::string, ObservedServer> servers_;            // by id
  std::optional<base::WallTime> servers_seen_;
  const Secrets secrets_;
  std::optional<ApiServerAccess> access_;      // with secrets
  std::optional<KubernetesSweep> kubernetes_;  // the latest
  std::string repair_note_;                    // why some of them are not replaced
  std::string emitted_readiness_;              // True or False, as it was told last
  std::uint64_t kubernetes_ticket_ =
      0;  // of the sweep that counts: scheduling again makes others void
  struct Console {
    std::string text;
    base::WallTime read{};
  };
  std::map<std::string, Console, std::less<>> consoles_;  // by slot
};

}  // namespace mex::cluster
