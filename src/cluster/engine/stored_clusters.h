#pragma once

#include <memory>
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

// The sealer of the agent, or why there is none.
using AvailableSealer = absl::StatusOr<std::shared_ptr<const store::Sealer>>;

// An operation that another one superseded while the process died has ended. Records that cannot be
// read are set aside; a cluster whose operation is one of these gets another one, and a cluster
// whose keys do not open is loaded with the reason. Errors are the store's.
absl::StatusOr<StoredClusters> load_clusters(store::Store& store, const AvailableSealer& sealer,
                                             base::WallTime now, const Timing& timing);

}  // namespace mex::cluster
