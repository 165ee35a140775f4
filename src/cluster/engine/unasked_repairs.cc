#include "cluster/engine/unasked_repairs.h"

#include <utility>

#include "base/log.h"
#include "cluster/health/audit.h"
#include "cluster/health/repair.h"
#include "cluster/plan/change.h"

namespace mex::cluster {

UnaskedRepairs::UnaskedRepairs(EngineContext& context, ClusterRecords& records,
                               const ClusterCredentials& credentials, ClusterEvents& events,
                               ClusterObservations& observed, OperationMachine& machine)
    : context_(context),
      records_(records),
      credentials_(credentials),
      events_(events),
      observed_(observed),
      machine_(machine),
      advisor_(context.timing, context.clock),
      audit_(context.timing, context.clock) {}

bool UnaskedRepairs::is_at_rest() const {
  return has_ended(records_.operation()) && records_.cluster().phase == ClusterPhase::Active;
}

void UnaskedRepairs::consider() {
  observed_.set_repair_note({});
  ClusterRecord& cluster = records_.cluster();
  // What an operation does to its nodes is no fault.
  const std::size_t faulty = is_at_rest() ? count_faults(cluster, observed_.view()) : 0;
  context_.census.report(cluster.id, cluster.spec.nodes.size(), faulty);
  if (!is_at_rest() || !credentials_.can_call_api_server()) return;
  bool is_changed = false;
  auto proposal = advisor_.propose(cluster, observed_, context_.census.problem(), is_changed);
  if (is_changed) records_.mark_changed();
  events_.emit_repair_note(observed_.view().repair_note);
  if (proposal) begin(std::move(proposal->cluster), std::move(proposal->subject));
}

std::vector<ExpectedResource> UnaskedRepairs::begin_audit() {
  const ClusterRecord& cluster = records_.cluster();
  audit_.begin(cluster.operation_id);
  std::vector<ExpectedResource> expected;
  for (const auto& [key, id] : cluster.resources) expected.push_back({key.kind, id, cluster.id});
  return expected;
}

bool UnaskedRepairs::audit(const ProjectInventory& seen) {
  const ClusterRecord& cluster = records_.cluster();
  if (!is_at_rest() || has_open_change(cluster)) {
    audit_.forget();
    return false;
  }
  audit_.keep(cluster::audit(cluster, {context_.agent_id, cluster.id}, seen), cluster.operation_id);
  events_.emit_drift(audit_.text());
  if (!credentials_.status().ok()) return audit_.wants_second_look();
  if (auto proposal = audit_.propose(cluster)) {
    begin(std::move(proposal->cluster), std::move(proposal->subject));
  }
  return audit_.wants_second_look();
}

void UnaskedRepairs::begin(ClusterRecord cluster, std::string subject) {
  log::warning(
      "a cluster is repaired",
      {{"cluster", cluster.spec.name}, {"tenant", cluster.spec.tenant}, {"subject", subject}});
  OperationRecord operation =
      records_.new_operation(OperationKind::Repair, context_.clock.wall_now());
  operation.subject = std::move(subject);
  const absl::Status status = records_.begin_change(std::move(cluster), std::move(operation));
  if (!status.ok()) return log::error("a repair could not be begun", {{"status", status}});
  machine_.begin();
}

}  // namespace mex::cluster
