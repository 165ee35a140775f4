#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/status.h"
#include "cluster/engine/cluster_engine.h"
#include "cluster/plan/change.h"
#include "cluster/plan/create_plan.h"
#include "cluster/records/journal.h"
#include "cluster/spec/address_keys.h"

// Changes of a cluster that is there: nodes come, go, and are replaced.
namespace mex::cluster {
namespace {

// What `after` holds that `before` does not.
std::vector<std::string> added_addresses(const ClusterRecord& before, const ClusterRecord& after) {
  const std::vector<std::string> held = address_keys(spec_with_retiring(before));
  std::vector<std::string> added = address_keys(spec_with_retiring(after));
  std::erase_if(added, [&](const std::string& key) {
    return std::find(held.begin(), held.end(), key) != held.end();
  });
  return added;
}

}  // namespace

absl::StatusOr<std::string> ClusterEngine::change(OperationKind kind, std::string subject,
                                                  const Edit& edit, bool& already_satisfied) {
  const std::lock_guard lock(mutex_);
  already_satisfied = false;
  if (cluster_.phase != ClusterPhase::Active || !has_ended(operation_)) {
    return base::error(absl::StatusCode::kFailedPrecondition,
                       "the cluster {} of tenant {} is {}, with operation {} under way; try again "
                       "when that is done",
                       cluster_.spec.name, cluster_.spec.tenant, to_string(cluster_.phase),
                       cluster_.operation_id);
  }
  if (!cluster_.spec.is_managed()) {
    return base::error(absl::StatusCode::kFailedPrecondition,
                       "the cluster {} of tenant {} is made by its servers' image (image_style "
                       "unmanaged): its nodes cannot be changed",
                       cluster_.spec.name, cluster_.spec.tenant);
  }
  if (!secrets_.ok()) return secrets_.status();
  MEX_ASSIGN_OR_RETURN(ClusterRecord changed, edit(cluster_));
  already_satisfied = changed.spec == cluster_.spec && !has_open_change(changed);
  if (already_satisfied) return cluster_.operation_id;
  MEX_RETURN_IF_ERROR(begin_change(kind, std::move(subject), std::move(changed)));
  return cluster_.operation_id;
}

absl::Status ClusterEngine::begin_change(OperationKind kind, std::string subject,
                                         ClusterRecord changed) {
  OperationRecord operation = new_operation(kind);
  operation.subject = std::move(subject);
  changed.operation_id = operation.id;
  store::Transaction transaction;
  for (const std::string& key : added_addresses(cluster_, changed)) {
    transaction.expect_absent(key).put(key, cluster_.id);
  }
  add(transaction, changed);
  add(transaction, operation);
  MEX_RETURN_IF_ERROR(context_.store.commit(transaction).status());
  archive(std::exchange(operation_, std::move(operation)));
  cluster_ = std::move(changed);
  begin_operation();
  advance();
  return absl::OkStatus();
}

void ClusterEngine::plan_change() {
  Choice choice =
      choose(discovered_.inventory, cluster_.resources, spec_with_retiring(cluster_), cluster_.id);
  // Nodes that the change does not bring are left alone, whatever has become of them.
  Inventory joining = discovered_.inventory;
  std::erase_if(joining, [this](const ObservedResource& resource) {
    const auto key = key_of(resource, cluster_.spec, cluster_.id);
    const auto& slots = cluster_.joining;
    return !key || std::find(slots.begin(), slots.end(), key->node) == slots.end();
  });
  const ResourceIds broken = take_broken_servers(choice.chosen, joining, cluster_.failed_nodes);
  cluster_.resources = choice.chosen;
  const absl::Status user_data = check_user_data();
  auto plan = !user_data.ok() ? absl::StatusOr<Plan>(user_data)
                              : plan_update({.create = {.spec = cluster_.spec,
                                                        .owner = {context_.agent_id, cluster_.id},
                                                        .discovered = discovered_,
                                                        .user_data = context_.platform.user_data,
                                                        .addresses = cluster_.addresses,
                                                        .is_gateway_known = true,
                                                        .present = cluster_.resources,
                                                        .broken = broken,
                                                        .check_existing = true},
                                             .joining = cluster_.joining,
                                             .leaving = cluster_.leaving,
                                             .drains = operation_.kind != OperationKind::Repair});
  run(std::move(plan), choice);
}

// The store's part of a change that is done: addresses of nodes that are gone are free.
void ClusterEngine::settle_change(store::Transaction& transaction) {
  ClusterRecord before = cluster_;
  for (const NodeSpec& node : cluster_.leaving) cluster_.addresses.erase(node.slot);
  cluster_.leaving.clear();
  cluster_.joining.clear();
  cluster_.failed_nodes.clear();
  cluster_.reason = {};
  for (const std::string& key : added_addresses(cluster_, before)) transaction.erase(key);
}

void ClusterEngine::consider_repair() {
  repair_note_.clear();
  if (!has_ended(operation_) || cluster_.phase != ClusterPhase::Active || waiting_ || !access_ ||
      !cluster_.spec.flavor.health_policy.auto_repair) {
    return;
  }
  const base::WallTime now = context_.clock.wall_now();
  RepairDecision decision = decide_repair(cluster_, sight(), context_.timing.vanished, now);
  repair_note_ = decision.suppressed_reason;
  if (decision.unhealthy_since != cluster_.unhealthy_since) {
    cluster_.unhealthy_since = std::move(decision.unhealthy_since);
    is_stored_ = false;
  }
  if (decision.slots.empty()) return;
  ClusterRecord changed = cluster_;
  std::string subject;
  std::erase_if(changed.repairs,
                [&](base::WallTime time) { return now - time >= std::chrono::hours(1); });
  for (const std::string& slot : decision.slots) {
    auto replaced = with_replaced(changed, slot);
    if (!replaced.ok()) continue;
    changed = *std::move(replaced);
    changed.repairs.push_back(now);
    changed.unhealthy_since.erase(slot);
    subject += (subject.empty() ? "" : ", ") + slot;
  }
  log::warning(
      "workers are replaced",
      {{"cluster", cluster_.spec.name}, {"tenant", cluster_.spec.tenant}, {"nodes", subject}});
  const absl::Status status =
      begin_change(OperationKind::Repair, "nodes: " + subject, std::move(changed));
  if (!status.ok()) log::error("a repair could not be begun", {{"status", status}});
}

}  // namespace mex::cluster
