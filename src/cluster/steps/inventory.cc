#include "cluster/steps/inventory.h"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "base/status.h"

namespace mex::cluster {
namespace {

using openstack::CallContext;

bool contains(const Inventory& inventory, const std::string& id) {
  return std::any_of(inventory.begin(), inventory.end(),
                     [&](const ObservedResource& resource) { return resource.id == id; });
}

template <typename Resource>
constexpr ResourceKind kind_of(const Resource* /*type*/) {
  if constexpr (std::is_same_v<Resource, openstack::Network>) return ResourceKind::Network;
  if constexpr (std::is_same_v<Resource, openstack::Subnet>) return ResourceKind::Subnet;
  if constexpr (std::is_same_v<Resource, openstack::Router>) return ResourceKind::Router;
  if constexpr (std::is_same_v<Resource, openstack::SecurityGroup>) {
    return ResourceKind::SecurityGroup;
  }
  if constexpr (std::is_same_v<Resource, openstack::Port>) return ResourceKind::Port;
  if constexpr (std::is_same_v<Resource, openstack::ServerGroup>) return ResourceKind::ServerGroup;
  if constexpr (std::is_same_v<Resource, openstack::Server>) return ResourceKind::Server;
  if constexpr (std::is_same_v<Resource, openstack::Volume>) return ResourceKind::Volume;
}

// The mark is read from the resource, whatever the list was asked for: what answers may be a cache,
// another region or someone's proxy.
template <typename Resource>
bool is_marked(const Resource& resource, const Attempt& attempt) {
  return resource.description == mark_of(attempt.owner);
}

bool is_marked(const openstack::Server& server, const Attempt& attempt) {
  return has_mark(server, attempt.owner);
}

// A server group has neither description nor tags: its mark is a name with the cluster's random id
// in it, together with the policy that the cluster's groups have.
bool is_marked(const openstack::ServerGroup& group, const Attempt& attempt) {
  const std::string prefix =
      resource_name(attempt.spec.name, attempt.owner.cluster_id, {ResourceKind::ServerGroup, {}});
  return group.name.substr(0, prefix.size()) == prefix &&
         group.policy == server_group_policy(attempt.spec.flavor.placement.anti_affinity);
}

template <typename Resource>
ObservedResource seen(const Resource& resource, const Attempt& attempt) {
  ObservedResource observed{.kind = kind_of(static_cast<const Resource*>(nullptr)),
                            .id = resource.id,
                            .name = resource.name,
                            .status = {},
                            .is_marked = is_marked(resource, attempt)};
  if constexpr (requires { resource.status; }) observed.status = resource.status;
  return observed;
}

// A resource that a list has twice is there once.
template <typename Resource>
absl::StatusOr<Inventory> seen_all(const absl::StatusOr<std::vector<Resource>>& resources,
                                   const Attempt& attempt) {
  if (!resources.ok()) return resources.status();
  Inventory inventory;
  for (const Resource& resource : *resources) {
    ObservedResource observed = seen(resource, attempt);
    if (observed.is_marked && !contains(inventory, observed.id)) {
      inventory.push_back(std::move(observed));
    }
  }
  return inventory;
}

template <typename Resource>
absl::StatusOr<ObservedResource> seen_one(const absl::StatusOr<Resource>& resource,
                                          const Attempt& attempt) {
  if (!resource.ok()) return resource.status();
  if constexpr (std::is_same_v<Resource, openstack::Server>) {
    // Whose it is and how it is will be seen when the cell is up.
    if (openstack::is_in_down_cell(*resource)) {
      return base::with_detail(
          base::error(absl::StatusCode::kUnavailable,
                      "server {}: Nova says UNKNOWN, so the cell that it is in is down",
                      resource->id),
          {.field = {}, .request_id = {}, .cloud_code = "CellDown"});
    }
  }
  return seen(*resource, attempt);
}

absl::StatusOr<Inventory> list_marked(Cloud& cloud, ResourceKind kind, const Attempt& attempt,
                                      const CallContext& context) {
  const Owner& owner = attempt.owner;
  openstack::NeutronFilter marked;
  marked.description = mark_of(owner);
  switch (kind) {
    case ResourceKind::Network:
      return seen_all(cloud.neutron.list_networks(marked, context), attempt);
    case ResourceKind::Subnet:
      return seen_all(cloud.neutron.list_subnets(marked, context), attempt);
    case ResourceKind::Router:
      return seen_all(cloud.neutron.list_routers(marked, context), attempt);
    case ResourceKind::SecurityGroup:
      return seen_all(cloud.neutron.list_security_groups(marked, context), attempt);
    case ResourceKind::Port:
      return seen_all(cloud.neutron.list_ports(marked, context), attempt);
    case ResourceKind::ServerGroup:
      return seen_all(cloud.nova.list_server_groups(context), attempt);
    case ResourceKind::Volume:
      return seen_all(cloud.cinder.list_volumes({}, context), attempt);
    case ResourceKind::Server:
      break;
  }
  openstack::ServerFilter tagged;
  tagged.tags = {agent_tag(owner.agent_id), cluster_tag(owner.cluster_id)};
  return seen_all(cloud.nova.list_servers(tagged, context), attempt);
}

absl::StatusOr<Inventory> take_inventory(Cloud& cloud, ResourceKind kind, const Attempt& attempt,
                                         const CallContext& context) {
  MEX_ASSIGN_OR_RETURN(Inventory inventory, list_marked(cloud, kind, attempt, context));
  for (const auto& [key, id] : attempt.resources) {
    if (key.kind != kind || contains(inventory, id)) continue;
    // It lost its mark, or the list is not the truth.
    auto unlisted = read_resource(cloud, kind, id, attempt, context);
    if (absl::IsNotFound(unlisted.status())) continue;
    if (!unlisted.ok()) return unlisted.status();
    // A server stays readable for a moment after its deletion.
    if (unlisted->status == "DELETED") continue;
    inventory.push_back(*std::move(unlisted));
  }
  return inventory;
}

}  // namespace

// People describe their servers in a dashboard: the tags say the same.
bool has_mark(const openstack::Server& server, const Owner& owner) {
  const auto has = [&](const std::string& tag) {
    return std::find(server.tags.begin(), server.tags.end(), tag) != server.tags.end();
  };
  return server.description == mark_of(owner) || owner_in_metadata(server) == owner ||
         (has(agent_tag(owner.agent_id)) && has(cluster_tag(owner.cluster_id)));
}

std::optional<Owner> owner_in_metadata(const openstack::Server& server) {
  const auto agent = server.metadata.find("mex:agent");
  const auto cluster = server.metadata.find("mex:cluster");
  if (!server.is_undescribed || agent == server.metadata.end() ||
      cluster == server.metadata.end()) {
    return std::nullopt;
  }
  return Owner{agent->second, cluster->second};
}

absl::StatusOr<ObservedResource> read_resource(Cloud& cloud, ResourceKind kind,
                                               const std::string& id, const Attempt& attempt,
                                               const CallContext& context) {
  return get_resource(cloud, kind, id, context,
                      [&](const auto& resource) { return seen_one(resource, attempt); });
}

Outcome perform(Cloud& cloud, const FindOwned& find, const Attempt& attempt,
                const CallContext& context) {
  Outcome outcome;
  auto inventory = take_inventory(cloud, find.kind, attempt, context);
  outcome.status = inventory.status();
  if (!inventory.ok()) return outcome;
  outcome.apply_to = [kind = find.kind, seen_now = *std::move(inventory)](Discovered& discovered) {
    Inventory& all = discovered.inventory;
    all.erase(
        std::remove_if(all.begin(), all.end(),
                       [&](const ObservedResource& resource) { return resource.kind == kind; }),
        all.end());
    all.insert(all.end(), seen_now.begin(), seen_now.end());
  };
  return outcome;
}

}  // namespace mex::cluster
