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

void erase_secrets(store::Transaction& transaction, std::string_view cluster_id);

// NotFound if the cluster has none; DataLoss if they do not open (see Sealer::unseal).
absl::StatusOr<std::shared_ptr<const ClusterSecrets>> load_secrets(const store::Store& store,
                                                                   const store::Sealer& sealer,
                                                                   std::string_view cluster_id);

}  // namespace mex::cluster
