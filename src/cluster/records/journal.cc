#include "cluster/records/journal.h"

#include "base/random_id.h"
#include "base/status.h"
#include "cluster/records/sealed_secrets.h"
#include "cluster/spec/address_keys.h"

namespace mex::cluster {
namespace {

constexpr std::string_view kAgentKey = "/agent/id";
constexpr std::string_view kClusters = "/clusters/";
constexpr std::string_view kOperations = "/operations/";
constexpr std::string_view kDestroyed = "/destroyed/";
constexpr std::size_t kAgentIdLength = 8;

std::string name_key(const ClusterSpec& spec) {
  return fmt::format("/names/{}/{}", spec.tenant, spec.name);
}

std::string cluster_key(const ClusterRecord& cluster) {
  return fmt::format("{}{}", kClusters, cluster.id);
}

}  // namespace

absl::StatusOr<Journal> load_journal(const store::Store& store) {
  Journal journal;
  MEX_ASSIGN_OR_RETURN(const auto clusters, store.list(kClusters));
  for (const store::Entry& entry : clusters) {
    MEX_ASSIGN_OR_RETURN(ClusterRecord record, cluster_record_from_json(entry.value, entry.key));
    journal.clusters.push_back(std::move(record));
  }
  MEX_ASSIGN_OR_RETURN(const auto operations, store.list(kOperations));
  for (const store::Entry& entry : operations) {
    MEX_ASSIGN_OR_RETURN(OperationRecord record,
                         operation_record_from_json(entry.value, entry.key));
    journal.operations.push_back(std::move(record));
  }
  return journal;
}

absl::StatusOr<std::string> load_agent_id(store::Store& store) {
  const auto entry = store.get(kAgentKey);
  if (entry.ok()) return entry->value;
  if (!absl::IsNotFound(entry.status())) return entry.status();
  std::string id = base::random_id(kAgentIdLength);
  store::Transaction transaction;
  transaction.expect_absent(std::string(kAgentKey)).put(std::string(kAgentKey), id);
  MEX_RETURN_IF_ERROR(store.commit(transaction).status());
  return id;
}

void add_new_cluster(store::Transaction& transaction, const ClusterRecord& cluster) {
  const std::string name = name_key(cluster.spec);
  transaction.expect_absent(name).put(name, cluster.id);
  for (const std::string& key : address_keys(cluster.spec)) {
    transaction.expect_absent(key).put(key, cluster.id);
  }
  add(transaction, cluster);
}

void add(store::Transaction& transaction, const ClusterRecord& cluster) {
  transaction.put(cluster_key(cluster), to_json(cluster));
}

void add(store::Transaction& transaction, const OperationRecord& operation) {
  transaction.put(fmt::format("{}{}", kOperations, operation.id), to_json(operation));
}

void erase(store::Transaction& transaction, const ClusterRecord& cluster) {
  transaction.erase(cluster_key(cluster)).erase(name_key(cluster.spec));
  erase_secrets(transaction, cluster.id);
  for (const std::string& key : address_keys(spec_with_leaving(cluster))) {
    transaction.erase(key);
  }
}

void erase_operation(store::Transaction& transaction, std::string_view operation_id) {
  transaction.erase(fmt::format("{}{}", kOperations, operation_id));
}

absl::StatusOr<std::vector<DestroyedCluster>> load_destroyed(const store::Store& store) {
  std::vector<DestroyedCluster> all;
  MEX_ASSIGN_OR_RETURN(const auto entries, store.list(kDestroyed));
  for (const store::Entry& entry : entries) {
    MEX_ASSIGN_OR_RETURN(DestroyedCluster destroyed,
                         destroyed_cluster_from_json(entry.value, entry.key));
    all.push_back(std::move(destroyed));
  }
  return all;
}

void add_destroyed(store::Transaction& transaction, const DestroyedCluster& destroyed) {
  transaction.put(fmt::format("{}{}", kDestroyed, destroyed.cluster.id), to_json(destroyed));
}

void erase_destroyed(store::Transaction& transaction, std::string_view cluster_id) {
  transaction.erase(fmt::format("{}{}", kDestroyed, cluster_id));
}

}  // namespace mex::cluster
