#include "cluster/records/journal.h"

#include <utility>

#include "base/json_text.h"
#include "base/record_json.h"
#include "base/status.h"
#include "cluster/records/sealed_secrets.h"
#include "cluster/spec/address_keys.h"
#include "store/agent_id.h"
#include "store/read_all.h"

namespace mex::cluster {
namespace {

constexpr std::string_view kAgentKey = "/agent/id";
constexpr std::string_view kClusters = "/clusters/";
constexpr std::string_view kOperations = "/operations/";
constexpr std::string_view kDestroyed = "/destroyed/";
constexpr std::string_view kNames = "/names/";
constexpr std::string_view kAddresses = "/addresses/";

std::string name_key(std::string_view tenant, std::string_view name) {
  return fmt::format("{}{}/{}", kNames, tenant, name);
}
std::string name_key(const ClusterSpec& spec) { return name_key(spec.tenant, spec.name); }

std::string cluster_key(std::string_view id) { return fmt::format("{}{}", kClusters, id); }

// The id in a record is that of its key: a record that is written goes to where its id says.
absl::Status check_id(std::string_view id, std::string_view prefix, std::string_view key) {
  if (key.substr(prefix.size()) == id) return absl::OkStatus();
  return base::damaged_record(key, fmt::format("its id is {}", base::quoted(id)));
}

absl::StatusOr<ClusterRecord> read_cluster(const store::Entry& entry) {
  MEX_ASSIGN_OR_RETURN(ClusterRecord record, cluster_record_from_json(entry.value, entry.key));
  MEX_RETURN_IF_ERROR(check_id(record.id, kClusters, entry.key));
  return record;
}
absl::StatusOr<OperationRecord> read_operation(const store::Entry& entry) {
  MEX_ASSIGN_OR_RETURN(OperationRecord record, operation_record_from_json(entry.value, entry.key));
  MEX_RETURN_IF_ERROR(check_id(record.id, kOperations, entry.key));
  return record;
}
absl::StatusOr<DestroyedCluster> read_destroyed(const store::Entry& entry) {
  MEX_ASSIGN_OR_RETURN(DestroyedCluster record,
                       destroyed_cluster_from_json(entry.value, entry.key));
  MEX_RETURN_IF_ERROR(check_id(record.cluster.id, kDestroyed, entry.key));
  return record;
}

// A name or an address is given to a cluster whose record is there, readable or not. Otherwise it
// stays given until a person discards it.
absl::Status check_reservations(store::Store& store, const std::vector<ClusterRecord>& clusters) {
  std::set<std::string> ids = unreadable_clusters(store);
  for (const ClusterRecord& cluster : clusters) ids.insert(cluster.id);
  for (const std::string_view prefix : {kNames, kAddresses}) {
    MEX_ASSIGN_OR_RETURN(const auto entries, store.list(prefix));
    for (const store::Entry& entry : entries) {
      if (ids.contains(entry.value)) continue;
      store.set_aside(
          entry.key, base::damaged_record(entry.key, "it is not given to a cluster that is there"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Journal> load_journal(store::Store& store) {
  Journal journal;
  MEX_ASSIGN_OR_RETURN(journal.clusters, store::read_all(store, kClusters, read_cluster));
  MEX_ASSIGN_OR_RETURN(journal.operations, store::read_all(store, kOperations, read_operation));
  MEX_RETURN_IF_ERROR(check_reservations(store, journal.clusters));
  return journal;
}

absl::StatusOr<std::string> load_agent_id(store::Store& store) {
  return store::load_or_make_agent_id(store, kAgentKey);
}

absl::Status check_name_readable(const store::Store& store, std::string_view tenant,
                                 std::string_view name) {
  const std::string key = name_key(tenant, name);
  MEX_RETURN_IF_ERROR(store.check_readable(key));
  const auto id = store.get(key);
  if (absl::IsNotFound(id.status())) return absl::OkStatus();
  MEX_RETURN_IF_ERROR(id.status());
  return base::annotate(store.check_readable(cluster_key(id->value)),
                        fmt::format("the cluster {} of tenant {}", name, tenant));
}

absl::StatusOr<std::set<std::string>> given_addresses(const store::Store& store) {
  MEX_ASSIGN_OR_RETURN(const auto entries, store.list(kAddresses));
  std::set<std::string> given;
  for (const store::Entry& entry : entries) given.insert(entry.key);
  return given;
}

std::set<std::string> unreadable_clusters(const store::Store& store) {
  std::set<std::string> ids;
  for (const store::UnreadableRecord& record : store.unreadable_records()) {
    for (const std::string_view prefix : {kClusters, kDestroyed}) {
      if (record.key.starts_with(prefix)) ids.insert(record.key.substr(prefix.size()));
    }
  }
  return ids;
}

absl::Status discard_cluster(store::Store& store, std::string_view key) {
  store::Transaction transaction;
  transaction.discard(std::string(key));
  if (key.starts_with(kClusters)) {
    const std::string_view id = key.substr(kClusters.size());
    for (const std::string_view prefix : {kNames, kAddresses}) {
      MEX_ASSIGN_OR_RETURN(const auto entries, store.list(prefix));
      for (const store::Entry& entry : entries) {
        if (entry.value == id) transaction.discard(entry.key);
      }
    }
    erase_secrets(transaction, id);
  }
  return store.commit(transaction).status();
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
  transaction.put(cluster_key(cluster.id), to_json(cluster));
}

void add(store::Transaction& transaction, const OperationRecord& operation) {
  transaction.put(fmt::format("{}{}", kOperations, operation.id), to_json(operation));
}

void erase(store::Transaction& transaction, const ClusterRecord& cluster) {
  transaction.erase(cluster_key(cluster.id)).discard(name_key(cluster.spec));
  erase_secrets(transaction, cluster.id);
  for (const std::string& key : address_keys(spec_with_leaving(cluster))) {
    transaction.discard(key);
  }
}

void erase_operation(store::Transaction& transaction, std::string_view operation_id) {
  transaction.erase(fmt::format("{}{}", kOperations, operation_id));
}

absl::StatusOr<std::vector<DestroyedCluster>> load_destroyed(store::Store& store) {
  return store::read_all(store, kDestroyed, read_destroyed);
}

void add_destroyed(store::Transaction& transaction, const DestroyedCluster& destroyed) {
  transaction.put(fmt::format("{}{}", kDestroyed, destroyed.cluster.id), to_json(destroyed));
}

void erase_destroyed(store::Transaction& transaction, std::string_view cluster_id) {
  transaction.erase(fmt::format("{}{}", kDestroyed, cluster_id));
}

}  // namespace mex::cluster
