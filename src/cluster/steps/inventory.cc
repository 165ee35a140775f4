#include "cluster/steps/inventory.h"

#include <algorithm>
#include <utility>

#include "base/status.h"

namespace mex::cluster {
namespace {

using openstack::CallContext;

ObservedResource seen(const openstack::Network& network) {
  return {ResourceKind::Network, network.id, network.name, network.status, true};
}
ObservedResource seen(const openstack::Subnet& subnet) {
  return {ResourceKind::Subnet, subnet.id, subnet.name, {}, true};
}
ObservedResource seen(const openstack::Router& router) {
  return {ResourceKind::Router, router.id, router.name, router.status, true};
}
ObservedResource seen(const openstack::SecurityGroup& group) {
  return {ResourceKind::SecurityGroup, group.id, group.name, {}, true};
}
ObservedResource seen(const openstack::Port& port) {
  return {ResourceKind::Port, port.id, port.name, port.status, true};
}
ObservedResource seen(const openstack::Server& server) {
  return {ResourceKind::Server, server.id, server.name, server.status, true};
}

ObservedResource seen(const openstack::ServerGroup& group) {
  return {ResourceKind::ServerGroup, group.id, group.name, {}, true};
}

template <typename Resource>
absl::StatusOr<Inventory> seen_all(const absl::StatusOr<std::vector<Resource>>& resources) {
  if (!resources.ok()) return resources.status();
  Inventory inventory;
  for (const Resource& resource : *resources) inventory.push_back(seen(resource));
  return inventory;
}

template <typename Resource>
absl::StatusOr<ObservedResource> seen_one(const absl::StatusOr<Resource>& resource) {
  if (!resource.ok()) return resource.status();
  return seen(*resource);
}

// A server group has neither description nor tags: its mark is a name with the cluster's random id
// in it, together with the policy that the cluster's groups have.
bool is_marked(const openstack::ServerGroup& group, const Attempt& attempt) {
  const std::string prefix =
      resource_name(attempt.spec.name, attempt.owner.cluster_id, {ResourceKind::ServerGroup, {}});
  return group.name.substr(0, prefix.size()) == prefix &&
         group.policy == server_group_policy(attempt.spec.flavor.placement.anti_affinity);
}

absl::StatusOr<Inventory> list_server_groups(Cloud& cloud, const Attempt& attempt,
                                             const CallContext& context) {
  MEX_ASSIGN_OR_RETURN(const auto groups, cloud.nova.list_server_groups(context));
  Inventory inventory;
  for (const openstack::ServerGroup& group : groups) {
    if (is_marked(group, attempt)) inventory.push_back(seen(group));
  }
  return inventory;
}

absl::StatusOr<Inventory> list_marked(Cloud& cloud, ResourceKind kind, const Attempt& attempt,
                                      const CallContext& context) {
  const Owner& owner = attempt.owner;
  openstack::NeutronFilter marked;
  marked.description = mark_of(owner);
  switch (kind) {
    case ResourceKind::Network:
      return seen_all(cloud.neutron.list_networks(marked, context));
    case ResourceKind::Subnet:
      return seen_all(cloud.neutron.list_subnets(marked, context));
    case ResourceKind::Router:
      return seen_all(cloud.neutron.list_routers(marked, context));
    case ResourceKind::SecurityGroup:
      return seen_all(cloud.neutron.list_security_groups(marked, context));
    case ResourceKind::Port:
      return seen_all(cloud.neutron.list_ports(marked, context));
    case ResourceKind::ServerGroup:
      return list_server_groups(cloud, attempt, context);
    case ResourceKind::Server:
      break;
  }
  openstack::ServerFilter tagged;
  tagged.tags = {agent_tag(owner.agent_id), cluster_tag(owner.cluster_id)};
  return seen_all(cloud.nova.list_servers(tagged, context));
}

absl::StatusOr<ObservedResource> get_one(Cloud& cloud, ResourceKind kind, const std::string& id,
                                         const CallContext& context) {
  switch (kind) {
    case ResourceKind::Network:
      return seen_one(cloud.neutron.get_network(id, context));
    case ResourceKind::Subnet:
      return seen_one(cloud.neutron.get_subnet(id, context));
    case ResourceKind::Router:
      return seen_one(cloud.neutron.get_router(id, context));
    case ResourceKind::SecurityGroup:
      return seen_one(cloud.neutron.get_security_group(id, context));
    case ResourceKind::Port:
      return seen_one(cloud.neutron.get_port(id, context));
    case ResourceKind::ServerGroup:
      return seen_one(cloud.nova.get_server_group(id, context));
    case ResourceKind::Server:
      break;
  }
  return seen_one(cloud.nova.get_server(id, context));
}

bool contains(const Inventory& inventory, const std::string& id) {
  return std::any_of(inventory.begin(), inventory.end(),
                     [&](const ObservedResource& resource) { return resource.id == id; });
}

absl::StatusOr<Inventory> take_inventory(Cloud& cloud, ResourceKind kind, const Attempt& attempt,
                                         const CallContext& context) {
  MEX_ASSIGN_OR_RETURN(Inventory inventory, list_marked(cloud, kind, attempt, context));
  for (const auto& [key, id] : attempt.resources) {
    if (key.kind != kind || contains(inventory, id)) continue;
    auto unmarked = get_one(cloud, kind, id, context);
    if (absl::IsNotFound(unmarked.status())) continue;
    if (!unmarked.ok()) return unmarked.status();
    // A server stays readable for a moment after its deletion.
    if (unmarked->status == "DELETED") continue;
    unmarked->is_marked = false;
    inventory.push_back(*std::move(unmarked));
  }
  return inventory;
}

}  // namespace

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
