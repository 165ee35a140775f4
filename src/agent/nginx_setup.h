#pragma once

#include "absl/status/statusor.h"
#include "agent/options.h"
#include "cluster/engine/manager.h"
#include "net/origin_policy.h"
#include "nginx/reconcile/instances.h"
#include "store/store.h"

namespace mex::agent {

// What nginx instances stand on, as the flags and the machine have it. A runtime that cannot be had
// is not an error: the rest of the agent runs without. `store`, `policy` and `clusters` outlive the
// instances. Errors are the store's.
absl::StatusOr<nginx::InstancesContext> nginx_setup(const Options& options, store::Store& store,
                                                    const net::OriginPolicy& policy,
                                                    const cluster::Manager& clusters);

// As nginx takes it.
nginx::ClusterApi cluster_api_of(cluster::ApiServerLogin login);

}  // namespace mex::agent
