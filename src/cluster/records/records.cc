#include "cluster/records/records.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/record_json.h"
#include "base/status.h"
#include "cluster/spec/resource.h"
#include "store/record_format.h"

namespace mex::cluster {

// How the reader of records makes the keys of `resources`.
static bool from_string(std::string_view text, ResourceKey& key) {
  const std::optional<ResourceKey> read = resource_key_from_string(text);
  if (read) key = *read;
  return read.has_value();
}

namespace {

// Which scheme a cluster has is decided when it is admitted.
absl::Status check_scheme(const ClusterRecord& cluster, std::string_view key) {
  if (cluster.spec.scheme != NetworkScheme::Platform) return absl::OkStatus();
  return base::damaged_record(key, "spec.scheme: not one of isolated, shared, external");
}

// As it is in the store.
ClusterRecord with_volumes_apart(const ClusterRecord& record) {
  ClusterRecord stored = record;
  std::erase_if(stored.resources, [&](const auto& entry) {
    const auto& [key, id] = entry;
    if (key.kind != ResourceKind::Volume) return false;
    stored.stored_volumes.emplace(key.node, id);
    return true;
  });
  return stored;
}

void take_volumes(ClusterRecord& record) {
  for (const auto& [slot, id] : record.stored_volumes) {
    record.resources.emplace(ResourceKey{ResourceKind::Volume, slot}, id);
  }
  record.stored_volumes.clear();
}

}  // namespace

std::string to_json(const ClusterRecord& record) {
  return store::write_record(with_volumes_apart(record));
}
std::string to_json(const OperationRecord& record) { return store::write_record(record); }
std::string to_json(const DestroyedCluster& destroyed) {
  return store::write_record(
      DestroyedCluster{.cluster = with_volumes_apart(destroyed.cluster), .when = destroyed.when});
}

absl::StatusOr<ClusterRecord> cluster_record_from_json(std::string_view text,
                                                       std::string_view key) {
  MEX_ASSIGN_OR_RETURN(ClusterRecord record, store::read_record<ClusterRecord>(text, key));
  MEX_RETURN_IF_ERROR(check_scheme(record, key));
  take_volumes(record);
  return record;
}

absl::StatusOr<OperationRecord> operation_record_from_json(std::string_view text,
                                                           std::string_view key) {
  return store::read_record<OperationRecord>(text, key);
}

absl::StatusOr<DestroyedCluster> destroyed_cluster_from_json(std::string_view text,
                                                             std::string_view key) {
  MEX_ASSIGN_OR_RETURN(DestroyedCluster destroyed, store::read_record<DestroyedCluster>(text, key));
  MEX_RETURN_IF_ERROR(check_scheme(destroyed.cluster, key));
  take_volumes(destroyed.cluster);
  return destroyed;
}

ClusterSpec spec_with_leaving(const ClusterRecord& record) {
  ClusterSpec spec = record.spec;
  spec.nodes.insert(spec.nodes.end(), record.leaving.begin(), record.leaving.end());
  return spec;
}

std::string address_of(const ClusterRecord& record, const NodeSpec& node) {
  if (!node.address.empty()) return node.address;
  const auto found = record.addresses.find(node.slot);
  return found == record.addresses.end() ? std::string() : found->second;
}

std::string nodes_subnet(const ClusterRecord& record) {
  return record.spec.subnet.empty() ? record.shared_subnet : record.spec.subnet;
}

bool contains_slot(const std::vector<std::string>& slots, std::string_view slot) {
  return std::find(slots.begin(), slots.end(), slot) != slots.end();
}

void add_slot(std::vector<std::string>& slots, const std::string& slot) {
  if (!contains_slot(slots, slot)) slots.push_back(slot);
}

bool has_ended(const OperationRecord& operation) {
  return operation.state == OperationState::Done || operation.state == OperationState::Failed ||
         operation.state == OperationState::Cancelled;
}

const StepView* find_step(const OperationRecord& operation, std::string_view name) {
  const auto found = std::find_if(operation.steps.begin(), operation.steps.end(),
                                  [&](const StepView& step) { return step.name == name; });
  return found == operation.steps.end() ? nullptr : &*found;
}

StepView* find_step(OperationRecord& operation, std::string_view name) {
  return const_cast<StepView*>(find_step(std::as_const(operation), name));
}

}  // namespace mex::cluster
