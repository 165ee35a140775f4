#pragma once

#include <set>
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

// Everything there is that can be read; records that cannot are set aside. Errors are the store's.
absl::StatusOr<Journal> load_journal(store::Store& store);

// The agent's id, made on first use. DataLoss, and set aside, if it is not what was made once: then
// nothing in the cloud can be known for the agent's own.
absl::StatusOr<std::string> load_agent_id(store::Store& store);

// FailedPrecondition, naming the record, if the name belongs to a cluster whose record is set
// aside.
absl::Status check_name_readable(const store::Store& store, std::string_view tenant,
                                 std::string_view name);
// The keys of all addresses that are given, whether the record of their cluster can be read or not.
absl::StatusOr<std::set<std::string>> given_addresses(const store::Store& store);
// The ids of clusters, also destroyed ones, whose records are set aside: what carries their mark in
// the cloud must not be removed.
std::set<std::string> unreadable_clusters(const store::Store& store);
// Discards the record of a cluster that is set aside, or that of its name, and with it what is kept
// for the cluster: its name, addresses and secrets.
absl::Status discard_cluster(store::Store& store, std::string_view key);

// Adds the records of a new cluster; the commit is Aborted if its name or an address is given.
void add_new_cluster(store::Transaction& transaction, const ClusterRecord& cluster);
void add(store::Transaction& transaction, const ClusterRecord& cluster);
void add(store::Transaction& transaction, const OperationRecord& operation);
// Releases name and addresses and erases the secrets as well.
void erase(store::Transaction& transaction, const ClusterRecord& cluster);
void erase_operation(store::Transaction& transaction, std::string_view operation_id);

// Those that can be read; records that cannot are set aside. Errors are the store's.
absl::StatusOr<std::vector<DestroyedCluster>> load_destroyed(store::Store& store);
void add_destroyed(store::Transaction& transaction, const DestroyedCluster& destroyed);
void erase_destroyed(store::Transaction& transaction, std::string_view cluster_id);

}  // namespace mex::cluster
