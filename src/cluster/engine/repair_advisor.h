#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/clock.h"
#include "cluster/observation/cluster_observations.h"
#include "cluster/records/records.h"
#include "cluster/steps/timing.h"

namespace mex::cluster {

// Which operation a cluster at rest needs although no one asked: what a change that failed has left
// is completed and, where the flavor says so (auto_repair), workers that are broken are replaced.
// Not thread-safe.
class RepairAdvisor {
 public:
  // All references outlive this object.
  RepairAdvisor(const Timing& timing, const base::Clock& clock);

  struct Proposal {
    ClusterRecord cluster;  // what a repair makes true
    std::string subject;    // for people: "nodes: worker-1"
  };

  // Keeps in `cluster` for how long its workers have been unhealthy, which sets `is_changed`, and
  // in `observed` why workers that deserve it are not replaced. `fleet_problem`: see
  // fault_census.h.
  std::optional<Proposal> propose(ClusterRecord& cluster, ClusterObservations& observed,
                                  std::string fleet_problem, bool& is_changed);

 private:
  bool follow_clock(ClusterRecord& cluster);
  std::optional<Proposal> complete(const ClusterRecord& cluster);

  const Timing& timing_;
  const base::Clock& clock_;
  // Wall time less monotonic time when it was last looked at.
  std::optional<std::chrono::milliseconds> offset_;
  // Of what a change that failed has left: ever more seldom as long as that fails, too.
  int completions_ = 0;
  base::SteadyTime next_completion_{};
};

}  // namespace mex::cluster
