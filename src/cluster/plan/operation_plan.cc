#include "cluster/plan/operation_plan.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "base/status.h"
#include "cluster/plan/destroy_plan.h"

namespace mex::cluster {
namespace {

// Divides what an inventory has of a cluster.
class Divider {
 public:
  Divider(const ClusterRecord& cluster, OperationKind kind, const Inventory& inventory)
      : cluster_(cluster), kind_(kind), inventory_(inventory), spec_(spec_with_leaving(cluster)) {}

  PresentResources divide() {
    Choice choice =
        choose(inventory_, cluster_.resources, spec_, cluster_.id, precedence_in(kind_));
    present_.kept = std::move(choice.chosen);
    present_.has_duplicates = !choice.duplicates.empty();
    if (kind_ != OperationKind::Create) keep_unseen();
    present_.journal = present_.kept;
    take_broken();
    take_stale_volumes();
    for (const NodeSpec& node : cluster_.leaving) {
      take_leaving({ResourceKind::Server, node.slot});
      take_leaving({ResourceKind::Volume, node.slot});
      take_leaving({ResourceKind::Port, node.slot});
    }
    return std::move(present_);
  }

 private:
  bool is_brought(const std::string& slot) const { return contains_slot(cluster_.joining, slot); }

  // The rest of the cluster is not this operation's: a list that lacks it is no news of it.
  void keep_unseen() {
    for (const auto& [key, id] : cluster_.resources) {
      // Asked for by its id as well; without it no server can be made in it.
      if (key.kind == ResourceKind::ServerGroup) continue;
      const bool is_leaving =
          std::any_of(cluster_.leaving.begin(), cluster_.leaving.end(),
                      [&key = key](const NodeSpec& node) { return node.slot == key.node; });
      if (!is_brought(key.node) && !is_leaving) present_.kept.emplace(key, id);
    }
  }

  void take_broken() {
    for (const ObservedResource& resource : inventory_) {
      if (resource.kind != ResourceKind::Server) continue;
      const auto kept =
          std::find_if(present_.kept.begin(), present_.kept.end(),
                       [&](const auto& entry) { return entry.second == resource.id; });
      if (kept == present_.kept.end()) continue;
      const std::string& slot = kept->first.node;
      const bool is_in_error = resource.status == "ERROR";
      const bool is_concerned = kind_ == OperationKind::Create || is_brought(slot);
      if (!contains_slot(cluster_.failed_nodes, slot) && !(is_in_error && is_concerned)) continue;
      if (auto owned = prove(resource)) {
        present_.broken.emplace(kept->first,
                                Remove{*std::move(owned), cause_of(slot, is_in_error)});
      }
      present_.kept.erase(kept);
    }
  }

  // No server boots from what another one has left on a volume, and none from one that Cinder
  // could not fill.
  void take_stale_volumes() {
    for (const ObservedResource& resource : inventory_) {
      if (resource.kind != ResourceKind::Volume) continue;
      const auto kept =
          std::find_if(present_.kept.begin(), present_.kept.end(),
                       [&](const auto& entry) { return entry.second == resource.id; });
      if (kept == present_.kept.end()) continue;
      const ResourceKey server{ResourceKind::Server, kept->first.node};
      const bool is_concerned = kind_ == OperationKind::Create || is_brought(server.node);
      if (!is_concerned || present_.kept.count(server) > 0) continue;
      // The journal forgets a volume together with the server that has booted from it.
      const auto journaled = cluster_.resources.find(kept->first);
      const bool is_fresh = journaled != cluster_.resources.end() &&
                            journaled->second == resource.id &&
                            cluster_.resources.count(server) == 0;
      const bool is_lost = resource.status.starts_with("error") || resource.status == "deleting";
      if (is_fresh && !is_lost) continue;
      if (auto owned = prove(resource)) {
        present_.stale_volumes.emplace(kept->first, *std::move(owned));
      }
      present_.journal.erase(kept->first);
      present_.kept.erase(kept);
    }
  }

  RemovalCause cause_of(const std::string& slot, bool is_in_error) const {
    if (kind_ == OperationKind::Replace && contains_slot(cluster_.failed_nodes, slot)) {
      return RemovalCause::Requested;
    }
    return is_in_error ? RemovalCause::ServerError : RemovalCause::NodeNotReady;
  }

  void take_leaving(const ResourceKey& key) {
    const auto kept = present_.kept.find(key);
    if (kept == present_.kept.end()) return;
    for (const ObservedResource& resource : inventory_) {
      if (resource.id != kept->second) continue;
      if (auto owned = prove(resource)) present_.owned.emplace(key, *std::move(owned));
    }
  }

  std::optional<OwnedResource> prove(const ObservedResource& resource) {
    auto owned = OwnedResource::prove(resource, cluster_.resources, spec_, cluster_.id);
    if (!owned) present_.unproven.push_back(resource);
    return owned;
  }

  const ClusterRecord& cluster_;
  const OperationKind kind_;
  const Inventory& inventory_;
  const ClusterSpec spec_;
  PresentResources present_;
};

absl::Status check_ownership(const PresentResources& present) {
  if (present.unproven.empty()) return absl::OkStatus();
  std::string names;
  for (const ObservedResource& resource : present.unproven) {
    names += (names.empty() ? "" : ", ") + to_string(resource);
  }
  return base::with_detail(
      base::error(absl::StatusCode::kFailedPrecondition,
                  "{}: would have to be removed, but the agent's mark (description, tags) is no "
                  "longer on it, so it is left alone; remove it yourself, or put the mark back",
                  names),
      {.field = {}, .request_id = {}, .cloud_code = "NotOwned"});
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

Precedence precedence_in(OperationKind kind) {
  return kind == OperationKind::Create ? Precedence::OfWorkingServers : Precedence::OfTheJournal;
}

PresentResources present_resources(const ClusterRecord& cluster, OperationKind kind,
                                   const Inventory& inventory) {
  if (kind == OperationKind::Create && !cluster.has_cloud_resources) return {};
  return Divider(cluster, kind, inventory).divide();
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
  MEX_RETURN_IF_ERROR(check_ownership(input.present));
  const ClusterRecord& cluster = input.cluster;
  const bool is_create = input.kind == OperationKind::Create;
  const Owner owner{input.agent_id, cluster.id};
  const CreateInput create{.spec = cluster.spec,
                           .owner = owner,
                           .discovered = input.discovered,
                           .user_data = input.user_data,
                           .addresses = cluster.addresses,
                           .is_gateway_known = !is_create || !cluster.gateway.empty(),
                           .present = input.present.kept,
                           .broken = input.present.broken,
                           .stale_volumes = input.present.stale_volumes,
                           .check_existing = !is_create || cluster.has_cloud_resources};
  if (is_create) return plan_create(create);
  return plan_update({.create = create,
                      .joining = cluster.joining,
                      .leaving = cluster.leaving,
                      .owned = input.present.owned,
                      .cordoned = cluster.cordoned,
                      .restoring = cluster.restoring,
                      .renewing = cluster.renewing});
}

}  // namespace mex::cluster
