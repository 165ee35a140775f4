#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "base/clock.h"
#include "cluster/health/observation.h"
#include "cluster/records/records.h"

// Which workers are replaced although no one asked. Pure.
namespace mex::cluster {

struct RepairDecision {
  std::vector<std::string> slots;  // to be replaced now
  // Why others are not, although they would deserve it; empty if there are none.
  std::string suppressed_reason;
  UnhealthyTimes unhealthy;  // for the record
};

// What surrounds a decision.
struct RepairContext {
  // How long what was observed at the last decision has been so: monotonic time since then.
  std::chrono::milliseconds elapsed{0};
  // A server that is gone or in ERROR is believed to be so after this time.
  std::chrono::milliseconds vanished{0};
  // Why no cluster of this agent is repaired at all (see fault_census.h); empty if they are.
  std::string fleet_problem;
  base::WallTime now{};  // for the flavor's budget of one hour
};

// A worker is given up when its node has not been Ready for longer than the flavor's
// nodes_ready_deadline, or when Nova has its server in ERROR or is proved not to have it, for
// longer than `vanished`. What a Ready node says counts for more than what Nova says of its server:
// such a node is drained first, within its disruption budgets. What is not known is no fault: while
// the API server is silent or a server cannot be read, nothing is replaced.
//
// Nothing is replaced while more than half of the workers, and more than one, are faulty in
// whatever way: then it is the cloud, the network or this agent rather than the machines. Held back
// are also those beyond the flavor's budget of one hour, and servers without the owner's mark.
RepairDecision decide_repair(const ClusterRecord& cluster, const Observation& observation,
                             const RepairContext& context);

// The nodes of a cluster with a fault of any kind, masters too; for fault_census.h.
std::size_t count_faults(const ClusterRecord& cluster, const Observation& observation);

}  // namespace mex::cluster
