#include "cluster/audit/orphan_collector.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/log.h"
#include "base/status.h"
#include "cluster/audit/removal_round.h"
#include "cluster/plan/destroy_plan.h"
#include "cluster/plan/discovered.h"
#include "cluster/steps/perform.h"

namespace mex::cluster {
OrphanCollector::OrphanCollector(Cloud& cloud, store::Store& store, std::string agent_id,
                                 base::ThreadPool& pool, Timers& timers, base::Clock& clock,
                                 const Timing& timing)
    : cloud_(cloud),
      store_(store),
      agent_id_(std::move(agent_id)),
      clock_(clock),
      timing_(timing),
      job_(pool, timers, clock, [this](const std::stop_token& stop) { sweep(stop); }) {}

void OrphanCollector::sweep(const std::stop_token& stop) {
  const auto destroyed = load_destroyed(store_);
  if (!destroyed.ok()) {
    return log::error("clusters that were destroyed could not be read: nothing is looked for",
                      {{"status", destroyed.status()}});
  }
  bool is_found = false;
  std::size_t remaining = 0;
  for (const DestroyedCluster& each : *destroyed) {
    const auto found = collect(each.cluster, stop);
    if (stop.stop_requested()) return;
    if (!found.ok()) {
      log::info("what is left of a destroyed cluster could not be looked for",
                {{"cluster", each.cluster.spec.name},
                 {"tenant", each.cluster.spec.tenant},
                 {"status", found.status()}});
    }
    is_found = is_found || (found.ok() && *found);
    if (has_had_its_time(each) && found.ok() && !*found) {
      forget(each.cluster.id);
    } else {
      ++remaining;
    }
  }
  if (remaining > 0) request(is_found ? timing_.orphans_found : timing_.orphans_tick);
}

// It is looked for once more after all that time, however long no agent was there to do it. Of what
// this process has seen, the time is counted by the monotonic clock.
bool OrphanCollector::has_had_its_time(const DestroyedCluster& destroyed) {
  using std::chrono::milliseconds;
  const auto [end, is_new] = ends_.try_emplace(destroyed.cluster.id);
  if (is_new) {
    const milliseconds ago = clock_.wall_now() - destroyed.when;
    end->second =
        clock_.steady_now() + std::clamp(timing_.orphans - ago, milliseconds(0), timing_.orphans);
  }
  return clock_.steady_now() >= end->second;
}

// True if there was anything: then there may still be.
absl::StatusOr<bool> OrphanCollector::collect(const ClusterRecord& cluster,
                                              const std::stop_token& stop) {
  MEX_ASSIGN_OR_RETURN(const Inventory inventory, take_inventory(cluster, stop));
  const Removal removal = plan_destroy(inventory, {}, spec_with_leaving(cluster), cluster.id);
  for (const ObservedResource& resource : removal.found) {
    log::warning("a destroyed cluster has something left, which is removed",
                 {{"cluster", cluster.spec.name},
                  {"tenant", cluster.spec.tenant},
                  {"cluster_id", cluster.id},
                  {"resource", to_string(resource)}});
  }
  remove(cluster, removal.plan, stop);
  return !removal.found.empty();
}

absl::StatusOr<Inventory> OrphanCollector::take_inventory(const ClusterRecord& cluster,
                                                          const std::stop_token& stop) {
  Discovered discovered;
  const ClusterSpec spec = spec_with_leaving(cluster);
  for (const PlannedStep& step : plan_inventory(spec, StepKind::FindOwned, {})) {
    const openstack::CallContext call{{clock_.steady_now() + timing_.call, stop}};
    const Outcome outcome =
        perform(cloud_, attempt_without_journal(step.action, spec, {agent_id_, cluster.id}), call);
    MEX_RETURN_IF_ERROR(outcome.status);
    if (outcome.apply_to) outcome.apply_to(discovered);
  }
  return std::move(discovered.inventory);
}

void OrphanCollector::remove(const ClusterRecord& cluster, const Plan& plan,
                             const std::stop_token& stop) {
  RemovalRound round(cloud_, clock_, timing_);
  for (const RemovalRound::Failure& failure :
       round.run(plan, spec_with_leaving(cluster), {agent_id_, cluster.id}, stop)) {
    log::warning("what a destroyed cluster left could not be removed: it is tried again",
                 {{"cluster", cluster.spec.name},
                  {"tenant", cluster.spec.tenant},
                  {"step", failure.step},
                  {"status", failure.status},
                  {"request_id", failure.request_id}});
  }
}

void OrphanCollector::forget(const std::string& cluster_id) {
  ends_.erase(cluster_id);
  store::Transaction transaction;
  erase_destroyed(transaction, cluster_id);
  const absl::Status status = store_.commit(transaction).status();
  // It is looked for once more than it had to be.
  if (!status.ok()) log::warning("a destroyed cluster was not forgotten", {{"status", status}});
}

}  // namespace mex::cluster
