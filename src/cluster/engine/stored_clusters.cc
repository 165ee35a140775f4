#include "cluster/engine/stored_clusters.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "base/log.h"
#include "base/status.h"
#include "cluster/engine/cluster_records.h"
#include "cluster/plan/change.h"
#include "cluster/records/journal.h"
#include "cluster/records/sealed_secrets.h"

namespace mex::cluster {
namespace {

using Operations = std::map<std::string, OperationRecord>;

// A call whose answer this process will not get may take effect for a while.
void note_open_calls(ClusterRecord& cluster, const OperationRecord& operation, base::WallTime now,
                     const Timing& timing) {
  const bool has_open_call = std::any_of(operation.steps.begin(), operation.steps.end(),
                                         [](const StepView& step) { return step.outcome_unknown; });
  if (has_open_call) cluster.unknown_until = now + timing.late_answers;
}

void end_superseded(ClusterRecord& cluster, Operations& operations, base::WallTime now,
                    const Timing& timing) {
  for (auto& [id, operation] : operations) {
    if (operation.cluster_id != cluster.id || id == cluster.operation_id || has_ended(operation)) {
      continue;
    }
    operation.state = OperationState::Cancelled;
    operation.ended = now;
    note_open_calls(cluster, operation, now, timing);
  }
}

// In place of the current operation, whose record cannot be had. What the cluster's own record says
// is to become of it is begun again: a create finds what is there, a destroy removes what is left.
// A change has failed: which one it was, only its record said.
OperationRecord substitute_operation(ClusterRecord& cluster, store::Transaction& transaction,
                                     base::WallTime now, const Timing& timing) {
  const bool is_destroy = cluster.phase == ClusterPhase::Destroying;
  OperationRecord operation =
      new_operation(is_destroy ? OperationKind::Destroy : OperationKind::Create, cluster, now);
  operation.subject =
      fmt::format("in place of operation {}, whose record cannot be read", cluster.operation_id);
  if (cluster.has_cloud_resources) cluster.unknown_until = now + timing.late_answers;
  const bool is_changing = cluster.phase == ClusterPhase::Active && has_open_change(cluster);
  if (is_changing) {
    operation.kind = OperationKind::Scale;
    operation.state = OperationState::Failed;
    operation.reason =
        because("RecordUnreadable",
                fmt::format("the record of operation {} cannot be read", cluster.operation_id));
    operation.reason.next = "ask for the change again";
    release_addresses(cluster, transaction, undo_change);
    cluster.reason = operation.reason;
  } else if (cluster.phase == ClusterPhase::Active) {
    operation.state = OperationState::Done;
  } else if (cluster.phase == ClusterPhase::Failed) {
    operation.state = OperationState::Failed;
    operation.reason = cluster.reason;
  }
  if (has_ended(operation)) operation.ended = now;
  cluster.operation_id = operation.id;
  return operation;
}

// Kept at once, so that the next process finds the same operation.
OperationRecord replace_operation(store::Store& store, ClusterRecord& cluster, base::WallTime now,
                                  const Timing& timing) {
  log::error("the operation of a cluster cannot be read: another one takes its place",
             {{"cluster", cluster.spec.name},
              {"tenant", cluster.spec.tenant},
              {"operation", cluster.operation_id}});
  store::Transaction transaction;
  OperationRecord operation = substitute_operation(cluster, transaction, now, timing);
  add(transaction, cluster);
  add(transaction, operation);
  if (const auto stored = store.commit(transaction); !stored.ok()) {
    log::error("an operation was not stored", {{"status", stored.status()}});
  }
  return operation;
}

ClusterCredentials::Secrets secrets_of(const ClusterRecord& cluster, store::Store& store,
                                       const AvailableSealer& sealer) {
  if (!sealer.ok()) return sealer.status();
  auto secrets = load_secrets(store, **sealer, cluster.id);
  if (!secrets.ok()) {
    log::error("the keys of a cluster cannot be had: it can only be destroyed",
               {{"cluster", cluster.spec.name},
                {"tenant", cluster.spec.tenant},
                {"reason", secrets.status()}});
  }
  return secrets;
}

// Without its keys nothing of it is made, whether the operation that goes on was asked for before.
void hold_without_secrets(ClusterRecord& cluster, OperationRecord& operation,
                          const absl::Status& why, base::WallTime now, const Timing& timing) {
  if (has_ended(operation) || operation.kind == OperationKind::Destroy) return;
  operation.state = OperationState::Blocked;
  operation.reason = secrets_reason(why);
  for (StepView& step : operation.steps) {
    if (step.state == StepState::Blocked) step.state = StepState::Pending;  // it is not tried
  }
  note_open_calls(cluster, operation, now, timing);
}

}  // namespace

absl::StatusOr<StoredClusters> load_clusters(store::Store& store, const AvailableSealer& sealer,
                                             base::WallTime now, const Timing& timing) {
  MEX_ASSIGN_OR_RETURN(Journal journal, load_journal(store));
  Operations operations;
  for (OperationRecord& operation : journal.operations) {
    operations[operation.id] = std::move(operation);
  }
  StoredClusters stored;
  for (ClusterRecord& cluster : journal.clusters) {
    end_superseded(cluster, operations, now, timing);
    const auto current = operations.find(cluster.operation_id);
    OperationRecord operation;
    if (current == operations.end()) {
      operation = replace_operation(store, cluster, now, timing);
    } else {
      operation = std::move(current->second);
      operations.erase(current);
    }
    ClusterCredentials::Secrets secrets = nullptr;
    if (cluster.spec.is_managed()) secrets = secrets_of(cluster, store, sealer);
    if (!secrets.ok()) hold_without_secrets(cluster, operation, secrets.status(), now, timing);
    stored.clusters.push_back({.cluster = std::move(cluster),
                               .operation = std::move(operation),
                               .secrets = std::move(secrets)});
  }
  for (auto& [id, operation] : operations) stored.past.push_back(std::move(operation));
  std::sort(stored.past.begin(), stored.past.end(),
            [](const auto& a, const auto& b) { return a.created < b.created; });
  return stored;
}

}  // namespace mex::cluster
