#pragma once

#include <vector>

#include "cluster/engine/reach.h"
#include "routing/cluster_ways.h"

namespace mex::agent {

// What the clusters say of themselves, as the edge wants it. Addresses that are none are left out
// and logged.
std::vector<routing::ClusterWay> ways_of(const std::vector<cluster::ClusterReach>& reach);

}  // namespace mex::agent
