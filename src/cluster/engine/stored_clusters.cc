#include "cluster/engine/stored_clusters.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "base/log.h"
#include "base/status.h"
#include "cluster/records/journal.h"
#include "cluster/records/sealed_secrets.h"

namespace mex::cluster {
namespace {

using Operations = std::map<std::string, OperationRecord>;

void end_superseded(ClusterRecord& cluster, Operations& operations, base::WallTime now,
                    const Timing& timing) {
  for (auto& [id, operation] : operations) {
    if (operation.cluster_id != cluster.id || id == cluster.operation_id || has_ended(operation)) {
      continue;
    }
    operation.state = OperationState::Cancelled;
    operation.ended = now;
    const bool has_open_call =
        std::any_of(operation.steps.begin(), operation.steps.end(),
                    [](const StepView& step) { return step.outcome_unknown; });
    if (has_open_call) cluster.unknown_until = now + timing.late_answers;
  }
}

ClusterCredentials::Secrets secrets_of(const ClusterRecord& cluster, const store::Store& store,
                                       const store::Sealer& sealer) {
  auto secrets = load_secrets(store, sealer, cluster.id);
  if (!secrets.ok()) {
    log::error("the keys of a cluster cannot be had: it can only be destroyed",
               {{"cluster", cluster.spec.name},
                {"tenant", cluster.spec.tenant},
                {"reason", secrets.status()}});
  }
  return secrets;
}

}  // namespace

absl::StatusOr<StoredClusters> load_clusters(const store::Store& store, const store::Sealer* sealer,
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
    if (current == operations.end()) {
      return base::error(absl::StatusCode::kDataLoss,
                         "store: the cluster {} names the operation {}, which is not there",
                         cluster.id, cluster.operation_id);
    }
    ClusterCredentials::Secrets secrets = nullptr;
    if (cluster.spec.is_managed()) secrets = secrets_of(cluster, store, *sealer);
    stored.clusters.push_back({.cluster = std::move(cluster),
                               .operation = std::move(current->second),
                               .secrets = std::move(secrets)});
    operations.erase(current);
  }
  for (auto& [id, operation] : operations) stored.past.push_back(std::move(operation));
  std::sort(stored.past.begin(), stored.past.end(),
            [](const auto& a, const auto& b) { return a.created < b.created; });
  return stored;
}

}  // namespace mex::cluster
