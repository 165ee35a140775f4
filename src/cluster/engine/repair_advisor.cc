#include "cluster/engine/repair_advisor.h"

#include <chrono>
#include <utility>

#include "base/backoff.h"
#include "cluster/health/repair.h"
#include "cluster/plan/change.h"

namespace mex::cluster {

namespace {

// Each attempt is an operation that people see: once an hour is often enough for what goes on
// failing.
constexpr base::Backoff kBetweenCompletions{.first = std::chrono::seconds(2),
                                            .max = std::chrono::hours(1)};
// What differs by less is how long the two clocks take to be read, or the wall clock being slewed.
constexpr std::chrono::seconds kJump{1};

}  // namespace

RepairAdvisor::RepairAdvisor(const Timing& timing, const base::Clock& clock)
    : timing_(timing), clock_(clock) {}

std::optional<RepairAdvisor::Proposal> RepairAdvisor::propose(ClusterRecord& cluster,
                                                              ClusterObservations& observed,
                                                              std::string fleet_problem,
                                                              bool& is_changed) {
  is_changed = follow_clock(cluster);
  if (has_open_change(cluster)) return complete(cluster);
  completions_ = 0;
  if (!cluster.spec.flavor.health_policy.auto_repair) return std::nullopt;
  const base::WallTime now = clock_.wall_now();
  RepairDecision decision = decide_repair(cluster, observed.view(),
                                          {.elapsed = observed.take_elapsed(),
                                           .vanished = timing_.vanished,
                                           .fleet_problem = std::move(fleet_problem),
                                           .now = now});
  observed.set_repair_note(std::move(decision.suppressed_reason));
  is_changed = is_changed || decision.unhealthy != cluster.unhealthy;
  cluster.unhealthy = std::move(decision.unhealthy);
  if (decision.slots.empty()) return std::nullopt;
  Repair repair = repaired(cluster, decision.slots, now);
  return Proposal{.cluster = std::move(repair.cluster), .subject = "nodes: " + repair.nodes};
}

// Where the wall clock was set, the times of earlier repairs are set with it: they stay as long ago
// as they are, and the budget of an hour neither opens nor closes. True if there are any.
bool RepairAdvisor::follow_clock(ClusterRecord& cluster) {
  using std::chrono::milliseconds;
  const auto offset = std::chrono::duration_cast<milliseconds>(
      clock_.wall_now().time_since_epoch() - clock_.steady_now().time_since_epoch());
  const milliseconds jump = offset - std::exchange(offset_, offset).value_or(offset);
  if (std::chrono::abs(jump) < kJump || cluster.repairs.empty()) return false;
  for (base::WallTime& time : cluster.repairs) time += jump;
  return true;
}

std::optional<RepairAdvisor::Proposal> RepairAdvisor::complete(const ClusterRecord& cluster) {
  const base::SteadyTime now = clock_.steady_now();
  if (completions_ > 0 && now < next_completion_) return std::nullopt;
  ++completions_;
  next_completion_ = now + base::pause_after(completions_, kBetweenCompletions);
  return Proposal{.cluster = cluster, .subject = "what a change that failed has left"};
}

}  // namespace mex::cluster
