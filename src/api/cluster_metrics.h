#pragma once

#include <string>
#include <vector>

#include "cluster/records/views.h"

namespace mex::api {

// The metrics of clusters as Prometheus text; their series go when the clusters do.
std::string cluster_metrics(const std::vector<cluster::ClusterView>& clusters);

}  // namespace mex::api
