#pragma once

#include <vector>

#include "cluster/engine/cluster_endpoints.h"
#include "routing/cluster_access.h"

namespace mex::agent {

// What the clusters say of themselves, as the edge wants it. Addresses that are none are left out
// and logged.
std::vector<routing::ClusterWay> ways_of(const std::vector<cluster::ClusterEndpoints>& reach);

}  // namespace mex::agent
