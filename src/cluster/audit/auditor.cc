#include "cluster/audit/auditor.h"

#include <utility>

#include "base/log.h"
#include "base/status.h"
#include "cluster/audit/removal_round.h"
#include "cluster/plan/destroy_plan.h"

namespace mex::cluster {

Auditor::Auditor(Cloud& cloud, std::string agent_id, base::ThreadPool& pool, Timers& timers,
                 base::Clock& clock, const Timing& timing,
                 std::function<absl::StatusOr<AuditedClusters>()> clusters)
    : cloud_(cloud),
      agent_id_(std::move(agent_id)),
      clock_(clock),
      timing_(timing),
      clusters_(std::move(clusters)),
      job_(pool, timers, clock, [this](const std::stop_token& stop) { look(stop); }) {}

void Auditor::look(const std::stop_token& stop) {
  const auto pause = audit(stop);
  if (stop.stop_requested()) return;
  if (!pause.ok()) {
    log::info("clusters could not be audited", {{"status", pause.status()}});
    orphans_.look_failed(pause.status());
  }
  request(pause.ok() ? *pause : timing_.audit_tick);
}

absl::StatusOr<std::chrono::milliseconds> Auditor::audit(const std::stop_token& stop) {
  MEX_ASSIGN_OR_RETURN(const AuditedClusters before, clusters_());
  std::vector<ExpectedResource> expected;
  for (const auto& cluster : before.audited) {
    for (ExpectedResource& resource : cluster->expected_resources()) {
      expected.push_back(std::move(resource));
    }
  }
  const openstack::CallContext call{{clock_.steady_now() + timing_.call, stop}};
  MEX_ASSIGN_OR_RETURN(const ProjectInventory seen,
                       read_project(cloud_, agent_id_, expected, call));
  bool is_open = false;  // a look soon decides something
  for (const auto& cluster : before.audited) is_open = cluster->audit(seen) || is_open;
  // Nothing is made before its cluster has a record: one that was made meanwhile is known here.
  MEX_ASSIGN_OR_RETURN(const AuditedClusters after, clusters_());
  orphans_.update(seen.clusters, after.known, clock_.wall_now());
  remove_requested(stop);
  return is_open || orphans_.is_waiting() ? timing_.audit_again : timing_.audit_tick;
}

absl::Status Auditor::remove_orphans(const std::vector<std::string>& ids) {
  MEX_RETURN_IF_ERROR(orphans_.request_removal(ids));
  request(std::chrono::milliseconds(0));
  return absl::OkStatus();
}

void Auditor::remove_requested(const std::stop_token& stop) {
  RemovalRound round(cloud_, clock_, timing_);
  for (const auto& [cluster_id, inventory] : orphans_.to_remove()) {
    const Removal removal = plan_removal_of_orphans(inventory, cluster_id);
    for (const ObservedResource& resource : removal.refused) {
      orphans_.removal_failed(resource.id,
                              "its name does not have the id of the cluster in it that its mark "
                              "names: remove it yourself");
    }
    for (const ObservedResource& resource : removal.found) {
      log::warning("an orphan is removed",
                   {{"cluster_id", cluster_id}, {"resource", to_string(resource)}});
    }
    for (const RemovalRound::Failure& failure :
         round.run(removal.plan, ClusterSpec(), {agent_id_, cluster_id}, stop)) {
      orphans_.removal_failed(failure.resource_id, std::string(base::message_of(failure.status)));
      log::warning("an orphan could not be removed: it is tried again",
                   {{"cluster_id", cluster_id},
                    {"step", failure.step},
                    {"status", failure.status},
                    {"request_id", failure.request_id}});
    }
    if (stop.stop_requested()) return;
  }
}

}  // namespace mex::cluster
