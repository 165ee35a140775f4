#include "cluster/engine/repair_advisor.h"

#include <functional>
#include <utility>

#include "cluster/health/repair.h"
#include "cluster/plan/change.h"

namespace mex::cluster {

RepairAdvisor::RepairAdvisor(const Timing& timing, const base::Clock& clock)
    : timing_(timing), clock_(clock) {}

std::optional<RepairAdvisor::Proposal> RepairAdvisor::propose(ClusterRecord& cluster,
                                                              ClusterObservations& observed,
                                                              std::string fleet_problem,
                                                              bool& is_changed) {
  if (has_open_change(cluster)) return complete(cluster);
  completions_ = 0;
  const base::WallTime now = clock_.wall_now();
  RepairDecision decision = decide_repair(cluster, observed.view(),
                                          {.elapsed = observed.take_elapsed(),
                                           .vanished = timing_.vanished,
                                           .fleet_problem = std::move(fleet_problem),
                                           .now = now});
  observed.set_repair_note(std::move(decision.suppressed_reason));
  is_changed = decision.unhealthy != cluster.unhealthy;
  cluster.unhealthy = std::move(decision.unhealthy);
  if (decision.slots.empty()) return std::nullopt;
  Repair repair = repaired(cluster, decision.slots, now);
  return Proposal{.cluster = std::move(repair.cluster), .subject = "nodes: " + repair.nodes};
}

std::optional<RepairAdvisor::Proposal> RepairAdvisor::complete(const ClusterRecord& cluster) {
  const base::SteadyTime now = clock_.steady_now();
  if (completions_ > 0 && now < next_completion_) return std::nullopt;
  ++completions_;
  next_completion_ = now + retry_pause(timing_, completions_, std::hash<std::string>()(cluster.id));
  return Proposal{.cluster = cluster, .subject = "what a change that failed has left"};
}

}  // namespace mex::cluster
