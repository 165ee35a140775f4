#include "nginx/reconcile/instance_store.h"

#include <utility>

#include "base/status.h"
#include "store/store.h"

namespace mex::nginx {
namespace {

constexpr std::string_view kRuntimeKey = "/nginx-runtime";

}  // namespace

absl::StatusOr<std::vector<StoredInstance>> InstanceStore::list() const {
  MEX_ASSIGN_OR_RETURN(const std::vector<store::Entry> records, store_.list(kInstancePrefix));
  std::vector<StoredInstance> all;
  for (const store::Entry& record : records) {
    MEX_ASSIGN_OR_RETURN(StoredInstance stored, instance_from_json(record.value, record.key));
    all.push_back(std::move(stored));
  }
  return all;
}

absl::Status InstanceStore::put(const StoredInstance& stored) {
  store::Transaction transaction;
  transaction.put(instance_key(stored.instance), to_json(stored));
  return store_.commit(transaction).status();
}

absl::Status InstanceStore::erase(const Instance& instance) {
  store::Transaction transaction;
  transaction.erase(instance_key(instance));
  return store_.commit(transaction).status();
}

absl::StatusOr<std::string> InstanceStore::runtime_kind() const {
  MEX_ASSIGN_OR_RETURN(const std::vector<store::Entry> records, store_.list(kInstancePrefix));
  if (records.empty()) return "";
  auto kind = store_.get(kRuntimeKey);
  if (absl::IsNotFound(kind.status())) return "";
  if (!kind.ok()) return kind.status();
  return std::move(kind->value);
}

absl::Status InstanceStore::put_runtime_kind(std::string_view kind) {
  store::Transaction transaction;
  transaction.put(std::string(kRuntimeKey), std::string(kind));
  return store_.commit(transaction).status();
}

}  // namespace mex::nginx
