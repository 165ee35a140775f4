#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "cluster/health/conditions.h"
#include "cluster/records/records.h"

// Which workers are replaced although no one asked. Pure.
namespace mex::cluster {

struct RepairDecision {
  std::vector<std::string> slots;  // to be replaced now
  // Why others are not, although they would deserve it; empty if there are none.
  std::string suppressed_reason;
  UnhealthySince unhealthy_since;  // for the record
};

// A worker is given up when Nova has its server in ERROR or not at all, or its node has not been
// Ready, for longer than the flavor's nodes_ready_deadline (`vanished` for servers that are gone).
// Held back are those beyond the flavor's budget of one hour, and nodes that are not Ready together
// with more than half of the workers: then it is the network rather than the machines.
//
// Time counts from when this agent first saw the fault, by its own clock and over its restarts. Of
// a node that came back and was lost again between two observations, it counts from the loss, which
// is what the Ready condition's last transition tells.
RepairDecision decide_repair(const ClusterRecord& cluster, const Observation& observation,
                             std::chrono::milliseconds vanished, base::WallTime now);

}  // namespace mex::cluster
