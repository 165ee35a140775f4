#pragma once

#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "cluster/spec/cluster_secrets.h"
#include "store/sealer.h"
#include "store/store.h"

// Where the secrets of clusters lie in the store, sealed with the agent's key:
//
//   /cluster-secrets/<id>
namespace mex::cluster {

void add_secrets(store::Transaction& transaction, std::string_view cluster_id,
                 const ClusterSecrets& secrets, const store::Sealer& sealer);

// Of a cluster that goes, also if they do not open.
void erase_secrets(store::Transaction& transaction, std::string_view cluster_id);

// Below it lies what is sealed, and nothing else; see store::open_sealer().
inline constexpr std::string_view kSecretsPrefix = "/cluster-secrets/";

// NotFound if the cluster has none; DataLoss if they do not open (see Sealer::unseal): then they
// are set aside.
absl::StatusOr<std::shared_ptr<const ClusterSecrets>> load_secrets(store::Store& store,
                                                                   const store::Sealer& sealer,
                                                                   std::string_view cluster_id);

}  // namespace mex::cluster
