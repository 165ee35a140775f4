#pragma once

#include <vector>

#include "cluster/reach.h"
#include "edge/cluster_ways.h"

namespace mex::agent {

// What the clusters say of themselves, as the edge wants it. Addresses that are none are left out
// and logged.
std::vector<edge::ClusterWay> ways_of(const std::vector<cluster::ClusterReach>& reach);

}  // namespace mex::agent
