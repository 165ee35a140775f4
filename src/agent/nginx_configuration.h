#pragma once

#include "absl/status/statusor.h"
#include "agent/options.h"
#include "cluster/engine/manager.h"
#include "net/origin_policy.h"
#include "nginx/reconcile/instances.h"
#include "store/store.h"

namespace mex::agent {

// What nginx instances work with, by the flags and by what the machine has. It is not an error if
// no runtime is available: the rest of the agent runs without. `store`, `policy` and `clusters`
// outlive the instances. Errors are the store's.
absl::StatusOr<nginx::InstancesContext> nginx_context(const Options& options, store::Store& store,
                                                      const net::OriginPolicy& policy,
                                                      const cluster::Manager& clusters);

// The same in nginx's terms.
nginx::ClusterApi cluster_api_of(cluster::ApiServerLogin login);

}  // namespace mex::agent
