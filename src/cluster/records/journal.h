#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "cluster/records/records.h"
#include "store/store.h"

// Where the records lie in the store.
//
//   /agent/id                          this agent's own id
//   /clusters/<id>                     ClusterRecord
//   /flavors/<name>                    FlavorRecord, see flavor/catalog.h
//   /names/<tenant>/<name>             cluster id: a name is given once
//   /addresses/<network>/<block>       cluster id: a /24, or a single address on an existing
//                                      network, is given once; see address_keys.h
//   /operations/<id>                   OperationRecord
//   /destroyed/<id>                    DestroyedCluster: for a while, see orphan_collector.h
//   /cluster-secrets/<id>              see sealed_secrets.h
namespace mex::cluster {

struct Journal {
  std::vector<ClusterRecord> clusters;
  std::vector<OperationRecord> operations;
};

// Everything there is. DataLoss, naming the key, if a record cannot be read.
absl::StatusOr<Journal> load_journal(const store::Store& store);

// The agent's id, made on first use.
absl::StatusOr<std::string> load_agent_id(store::Store& store);

// Adds the records of a new cluster; the commit is Aborted if its name or an address is given.
void add_new_cluster(store::Transaction& transaction, const ClusterRecord& cluster);
void add(store::Transaction& transaction, const ClusterRecord& cluster);
void add(store::Transaction& transaction, const OperationRecord& operation);
// Releases name and addresses and erases the secrets as well.
void erase(store::Transaction& transaction, const ClusterRecord& cluster);
void erase_operation(store::Transaction& transaction, std::string_view operation_id);

// DataLoss, naming the key, if a record cannot be read.
absl::StatusOr<std::vector<DestroyedCluster>> load_destroyed(const store::Store& store);
void add_destroyed(store::Transaction& transaction, const DestroyedCluster& destroyed);
void erase_destroyed(store::Transaction& transaction, std::string_view cluster_id);

}  // namespace mex::cluster
