#pragma once

#include <array>

#include "cluster/observation/observation_ages.h"
#include "cluster/observation/sweep_queue.h"

namespace mex::cluster {

// How well clusters are observed, for metrics.
struct ObservationStats {
  ObservationAges::Oldest oldest;
  std::array<SweepQueue::Load, kSweepLanes> sweeps;  // of API servers, by lane
};

}  // namespace mex::cluster
