#include "cluster/engine/cluster_records.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "base/log.h"
#include "base/random_id.h"
#include "base/status.h"
#include "cluster/records/journal.h"
#include "cluster/spec/address_keys.h"

namespace mex::cluster {
namespace {

constexpr std::size_t kOperationIdLength = 12;

// What `after` holds that `before` does not.
std::vector<std::string> added_addresses(const ClusterRecord& before, const ClusterRecord& after) {
  const std::vector<std::string> held = address_keys(spec_with_leaving(before));
  std::vector<std::string> added = address_keys(spec_with_leaving(after));
  std::erase_if(added, [&](const std::string& key) {
    return std::find(held.begin(), held.end(), key) != held.end();
  });
  return added;
}

}  // namespace

OperationRecord new_operation(OperationKind kind, const ClusterRecord& cluster,
                              base::WallTime now) {
  OperationRecord operation;
  operation.id = base::random_id(kOperationIdLength);
  operation.kind = kind;
  operation.cluster_id = cluster.id;
  operation.tenant = cluster.spec.tenant;
  operation.cluster_name = cluster.spec.name;
  operation.created = now;
  return operation;
}

ClusterRecords::ClusterRecords(Commit commit, OperationHistory& history, ClusterRecord cluster,
                               OperationRecord operation)
    : commit_(std::move(commit)),
      history_(history),
      cluster_(std::move(cluster)),
      operation_(std::move(operation)) {}

absl::Status ClusterRecords::persist(store::Transaction transaction) {
  add(transaction, cluster_);
  add(transaction, operation_);
  MEX_RETURN_IF_ERROR(commit_(transaction));
  is_stored_ = true;
  return absl::OkStatus();
}

absl::Status ClusterRecords::begin_change(ClusterRecord changed, OperationRecord operation) {
  changed.operation_id = operation.id;
  store::Transaction transaction;
  for (const std::string& key : added_addresses(cluster_, changed)) {
    transaction.expect_absent(key).put(key, cluster_.id);
  }
  add(transaction, changed);
  add(transaction, operation);
  MEX_RETURN_IF_ERROR(commit_(transaction));
  adopt({.cluster = std::move(changed), .operation = std::move(operation)});
  return absl::OkStatus();
}

void ClusterRecords::adopt(NewOperation committed) {
  archive(std::exchange(operation_, std::move(committed.operation)));
  cluster_ = std::move(committed.cluster);
}

absl::Status ClusterRecords::begin_next(ClusterRecord cluster, OperationRecord destroy) {
  cluster.operation_id = destroy.id;
  store::Transaction transaction;
  add(transaction, cluster);
  add(transaction, destroy);
  MEX_RETURN_IF_ERROR(commit_(transaction));
  cluster_ = std::move(cluster);
  next_ = std::move(destroy);
  return absl::OkStatus();
}

void ClusterRecords::switch_to_next() {
  archive(std::exchange(operation_, *std::move(next_)));
  next_.reset();
}

absl::Status ClusterRecords::finish_destroy(base::WallTime now) {
  OperationRecord ended = operation_;
  ended.state = OperationState::Done;
  ended.ended = now;
  store::Transaction transaction;
  erase(transaction, cluster_);
  add(transaction, ended);
  if (cluster_.has_cloud_resources) {
    add_destroyed(transaction, {.cluster = cluster_, .when = now});
  }
  MEX_RETURN_IF_ERROR(commit_(transaction));
  operation_ = std::move(ended);
  archive(operation_);
  return absl::OkStatus();
}

void ClusterRecords::archive(OperationRecord operation) {
  store::Transaction transaction;
  for (const std::string& id : history_.add(std::move(operation))) {
    erase_operation(transaction, id);
  }
  if (transaction.empty()) return;
  const absl::Status status = commit_(transaction);
  if (!status.ok()) log::warning("old operations were not erased", {{"status", status}});
}

void release_addresses(ClusterRecord& cluster, store::Transaction& transaction,
                       const std::function<void(ClusterRecord&)>& change) {
  const ClusterRecord before = cluster;
  change(cluster);
  for (const std::string& key : added_addresses(cluster, before)) transaction.discard(key);
}

void finish_change(ClusterRecord& cluster, store::Transaction& transaction) {
  release_addresses(cluster, transaction, [](ClusterRecord& changed) {
    for (const NodeSpec& node : changed.leaving) changed.addresses.erase(node.slot);
    changed.leaving.clear();
    changed.wanted_before.reset();
    changed.is_change_kept = false;
    changed.joining.clear();
    changed.failed_nodes.clear();
    changed.restoring.clear();
    changed.renewing.clear();
    changed.cordoned.clear();  // they are uncordoned by now, or gone
    changed.reason = {};
  });
}

}  // namespace mex::cluster
