#include "cluster/records/sealed_secrets.h"

#include <string>
#include <utility>

#include "base/status.h"

namespace mex::cluster {
namespace {

std::string key_of(std::string_view cluster_id) {
  return fmt::format("{}{}", kSecretsPrefix, cluster_id);
}

absl::StatusOr<ClusterSecrets> open_secrets(const store::Entry& entry,
                                            const store::Sealer& sealer) {
  MEX_ASSIGN_OR_RETURN(const base::Secret record, sealer.unseal(entry.value, entry.key));
  auto secrets = parse_cluster_secrets(record);
  if (!secrets.ok()) return base::annotate(secrets.status(), entry.key);
  return secrets;
}

}  // namespace

void add_secrets(store::Transaction& transaction, std::string_view cluster_id,
                 const ClusterSecrets& secrets, const store::Sealer& sealer) {
  const std::string key = key_of(cluster_id);
  transaction.put(key, sealer.seal(to_record(secrets), key));
}

void erase_secrets(store::Transaction& transaction, std::string_view cluster_id) {
  transaction.discard(key_of(cluster_id));
}

absl::StatusOr<std::shared_ptr<const ClusterSecrets>> load_secrets(store::Store& store,
                                                                   const store::Sealer& sealer,
                                                                   std::string_view cluster_id) {
  const std::string key = key_of(cluster_id);
  MEX_ASSIGN_OR_RETURN(const store::Entry entry, store.get(key));
  auto secrets = open_secrets(entry, sealer);
  if (!secrets.ok()) {
    store.set_aside(key, secrets.status());
    return secrets.status();
  }
  return std::make_shared<const ClusterSecrets>(*std::move(secrets));
}

}  // namespace mex::cluster
