#pragma once

#include <map>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "base/clock.h"
#include "openstack/nova.h"

namespace mex::cluster {

// What one look at all servers of this agent, for all clusters, has shown. A server that is in
// neither member is not known: lists are cut short, old, of another region, or lack a cell of the
// cloud that is down.
struct ServerSweep {
  absl::Status status;  // why there is no list, if there is none
  // By id: in the list, or read by their ids because the list did not have them.
  std::map<std::string, openstack::Server> servers;
  std::set<std::string> gone;  // ids that are proved gone; see absence.h
  base::WallTime seen{};
  base::SteadyTime seen_steady{};
};

// How soon the next one is of use.
enum class SweepInterest { None, Idle, Urgent };

// A server that some cluster's journal names.
struct ExpectedServer {
  std::string id;
  bool is_being_removed = false;  // the cloud accepted the agent's request to delete it
};

}  // namespace mex::cluster
