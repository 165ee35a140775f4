#pragma once

#include <string>

#include "cluster/observation/observation_stats.h"

namespace mex::api {

// How well clusters are observed, in the Prometheus text format; the series are in
// docs/operations.md.
std::string cluster_metrics(const cluster::ObservationStats& stats);

}  // namespace mex::api
