#include "cluster/plan/operation_plan.h"

#include <algorithm>
#include <string>

#include "base/status.h"
#include "cluster/plan/create_plan.h"
#include "cluster/plan/destroy_plan.h"

namespace mex::cluster {
namespace {

void move_to_broken(PresentResources& present, ResourceIds::iterator server) {
  if (server == present.kept.end()) return;
  present.broken.insert(*server);
  present.kept.erase(server);
}

void take_failed_nodes(PresentResources& present, const ClusterRecord& cluster) {
  for (const std::string& slot : cluster.failed_nodes) {
    move_to_broken(present, present.kept.find({ResourceKind::Server, slot}));
  }
}

void take_servers_in_error(PresentResources& present, const Inventory& inventory) {
  for (const ObservedResource& resource : inventory) {
    if (resource.kind != ResourceKind::Server || resource.status != "ERROR") continue;
    move_to_broken(present,
                   std::find_if(present.kept.begin(), present.kept.end(),
                                [&](const auto& entry) { return entry.second == resource.id; }));
  }
}

Inventory of_joining_nodes(const ClusterRecord& cluster, Inventory inventory) {
  std::erase_if(inventory, [&](const ObservedResource& resource) {
    const auto key = key_of(resource, cluster.spec, cluster.id);
    const auto& slots = cluster.joining;
    return !key || std::find(slots.begin(), slots.end(), key->node) == slots.end();
  });
  return inventory;
}

}  // namespace

std::vector<PlannedStep> plan_discovery(const ClusterRecord& cluster, OperationKind kind) {
  if (kind == OperationKind::Create) {
    return plan_create_discovery(cluster.spec, cluster.references, cluster.has_cloud_resources);
  }
  if (kind != OperationKind::Destroy) {
    return plan_update_discovery(cluster.spec, cluster.references, cluster.joining);
  }
  if (!cluster.has_cloud_resources) return {};
  return plan_destroy_discovery(cluster.spec);
}

PresentResources present_resources(const ClusterRecord& cluster, OperationKind kind,
                                   const Inventory& inventory) {
  PresentResources present;
  if (kind == OperationKind::Create && !cluster.has_cloud_resources) return present;
  Choice choice = choose(inventory, cluster.resources, spec_with_leaving(cluster), cluster.id);
  present.kept = std::move(choice.chosen);
  present.has_duplicates = !choice.duplicates.empty();
  take_failed_nodes(present, cluster);
  take_servers_in_error(
      present, kind == OperationKind::Create ? inventory : of_joining_nodes(cluster, inventory));
  return present;
}

absl::Status check_server_groups(const ClusterRecord& cluster, OperationKind kind,
                                 const PresentResources& present) {
  const bool is_silent = kind == OperationKind::Scale || kind == OperationKind::Repair;
  if (!is_silent || cluster.spec.flavor.placement.anti_affinity != AntiAffinity::Hard) {
    return absl::OkStatus();
  }
  for (const std::string& slot : cluster.joining) {
    const NodeSpec* node = find_node(cluster.spec, slot);
    if (node == nullptr) continue;
    const auto group = cluster.resources.find({ResourceKind::ServerGroup, node->group});
    if (group == cluster.resources.end() || present.kept.count(group->first) > 0) continue;
    return base::with_detail(
        base::error(absl::StatusCode::kFailedPrecondition,
                    "server group {} ({}): the nodes of {} were made in it, and it is no longer "
                    "there, so {} would not be kept apart from them",
                    resource_name(cluster.spec.name, cluster.id, group->first), group->second,
                    node->group, slot),
        {.field = {},
         .request_id = {},
         .cloud_code = "ServerGroupNotFound",
         .next =
             fmt::format("replace the nodes of {} one after the other (nodes/{{node}}:replace): "
                         "they are made in a new group",
                         node->group)});
  }
  return absl::OkStatus();
}

absl::StatusOr<Plan> plan_operation(const OperationPlanInput& input) {
  const ClusterRecord& cluster = input.cluster;
  const bool is_create = input.kind == OperationKind::Create;
  const Owner owner{input.agent_id, cluster.id};
  const CreateInput create{.spec = cluster.spec,
                           .owner = owner,
                           .discovered = input.discovered,
                           .user_data = input.user_data,
                           .addresses = cluster.addresses,
                           .is_gateway_known = !is_create || !cluster.gateway.empty(),
                           .present = cluster.resources,
                           .broken = input.broken,
                           .check_existing = !is_create || cluster.has_cloud_resources};
  if (is_create) return plan_create(create);
  return plan_update({.create = create,
                      .joining = cluster.joining,
                      .leaving = cluster.leaving,
                      .drains = input.kind != OperationKind::Repair});
}

}  // namespace mex::cluster
