#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/clock.h"
#include "cluster/records/operation_history.h"
#include "cluster/records/records.h"
#include "store/store.h"

namespace mex::cluster {

// The record of an operation that has not begun, with an id that no other operation has.
OperationRecord new_operation(OperationKind kind, const ClusterRecord& cluster, base::WallTime now);

// The records of one cluster: what it is, its current operation (running, or the latest), and a
// destroy that waits for the calls of the current one. They are changed in memory and committed
// together. Not thread-safe.
class ClusterRecords {
 public:
  using Commit = std::function<absl::Status(const store::Transaction&)>;

  // Both records are in the store already. `history` outlives this object.
  ClusterRecords(Commit commit, OperationHistory& history, ClusterRecord cluster,
                 OperationRecord operation);

  ClusterRecord& cluster() { return cluster_; }
  const ClusterRecord& cluster() const { return cluster_; }
  OperationRecord& operation() { return operation_; }
  const OperationRecord& operation() const { return operation_; }
  const std::optional<OperationRecord>& next() const { return next_; }

  // Of this cluster.
  OperationRecord new_operation(OperationKind kind, base::WallTime now) const {
    return mex::cluster::new_operation(kind, cluster_, now);
  }

  // The records are in the store as they are here.
  bool is_stored() const { return is_stored_; }
  void mark_changed() { is_stored_ = false; }

  // Commits cluster and current operation, and what else is in `transaction`.
  absl::Status persist(store::Transaction transaction = {});
  // Commits a changed cluster and the operation that makes the change true, which is the current
  // one from then on. Nothing changes if it fails.
  absl::Status begin_change(ClusterRecord changed, OperationRecord operation);
  // The same for records that the caller has committed.
  void adopt(NewOperation committed);
  // Commits a destroy: it is to follow the current operation.
  absl::Status begin_next(ClusterRecord cluster, OperationRecord destroy);
  // The operation that waits becomes the current one.
  void switch_to_next();
  // Commits that the destroy has ended: the cluster's records go, its name and addresses are free.
  absl::Status finish_destroy(base::WallTime now);

 private:
  void archive(OperationRecord operation);

  const Commit commit_;
  OperationHistory& history_;
  ClusterRecord cluster_;
  OperationRecord operation_;
  std::optional<OperationRecord> next_;
  bool is_stored_ = true;
};

// Changes the cluster, and `transaction` releases the addresses that it does not hold any more.
void release_addresses(ClusterRecord& cluster, store::Transaction& transaction,
                       const std::function<void(ClusterRecord&)>& change);

// The change that an operation made true is over: nodes that were to go are gone, and `transaction`
// releases their addresses.
void finish_change(ClusterRecord& cluster, store::Transaction& transaction);

}  // namespace mex::cluster
