#include "cluster/records/sealed_secrets.h"

#include <string>
#include <utility>

#include "base/status.h"

namespace mex::cluster {
namespace {

std::string key_of(std::string_view cluster_id) {
  return fmt::format("/cluster-secrets/{}", cluster_id);
}

}  // namespace

void add_secrets(store::Transaction& transaction, std::string_view cluster_id,
                 const ClusterSecrets& secrets, const store::Sealer& sealer) {
  const std::string key = key_of(cluster_id);
  transaction.put(key, sealer.seal(to_record(secrets), key));
}

void erase_secrets(store::Transaction& transaction, std::string_view cluster_id) {
  transaction.erase(key_of(cluster_id));
}

absl::StatusOr<std::shared_ptr<const ClusterSecrets>> load_secrets(const store::Store& store,
                                                                   const store::Sealer& sealer,
                                                                   std::string_view cluster_id) {
  const std::string key = key_of(cluster_id);
  MEX_ASSIGN_OR_RETURN(const store::Entry entry, store.get(key));
  auto record = sealer.unseal(entry.value, key);
  if (!record.ok()) return base::annotate(record.status(), key);
  auto secrets = parse_cluster_secrets(*record);
  if (!secrets.ok()) return base::annotate(secrets.status(), key);
  return std::make_shared<const ClusterSecrets>(*std::move(secrets));
}

}  // namespace mex::cluster
