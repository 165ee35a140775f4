#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "cluster/engine/cluster_credentials.h"
#include "cluster/records/records.h"
#include "cluster/steps/timing.h"
#include "store/sealer.h"
#include "store/store.h"

// What an earlier process left in the store, as this one goes on with it.
namespace mex::cluster {

struct StoredCluster {
  ClusterRecord cluster;
  OperationRecord operation;  // the current one
  ClusterCredentials::Secrets secrets;
};

struct StoredClusters {
  std::vector<StoredCluster> clusters;
  std::vector<OperationRecord> past;  // operations of the past, oldest first
};

// An operation that another one superseded while the process died has ended. DataLoss if a record
// cannot be read; a cluster whose keys do not open is loaded with the reason.
absl::StatusOr<StoredClusters> load_clusters(const store::Store& store, const store::Sealer* sealer,
                                             base::WallTime now, const Timing& timing);

}  // namespace mex::cluster
