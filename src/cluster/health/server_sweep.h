#pragma once

#include <vector>

#include "absl/status/status.h"
#include "base/clock.h"
#include "openstack/nova.h"

namespace mex::cluster {

// One look at all servers of this agent, for all clusters.
struct ServerSweep {
  absl::Status status;  // why there is no list, if there is none
  std::vector<openstack::Server> servers;
  base::WallTime seen{};
};

// How badly somebody wants the next one.
enum class SweepInterest { None, Idle, Urgent };

}  // namespace mex::cluster
