#pragma once

#include <vector>

#include "absl/status/status.h"
#include "base/clock.h"
#include "openstack/nova.h"

namespace mex::cluster {

// One list of all servers of this agent, for all clusters.
struct ServerSweep {
  absl::Status status;  // why there is no list, if there is none
  std::vector<openstack::Server> servers;
  base::WallTime seen{};
};

// How soon the next one is of use.
enum class SweepInterest { None, Idle, Urgent };

}  // namespace mex::cluster
