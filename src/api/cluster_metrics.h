#pragma once

#include <string>
#include <vector>

#include "cluster/observation/observation_stats.h"
#include "cluster/records/views.h"

// What clusters show in the Prometheus text format; the series are in docs/operations.md.
namespace mex::api {

// How well they are observed.
std::string cluster_metrics(const cluster::ObservationStats& stats);
// Each of them; their series go when the clusters do.
std::string cluster_metrics(const std::vector<cluster::ClusterView>& clusters);

}  // namespace mex::api
