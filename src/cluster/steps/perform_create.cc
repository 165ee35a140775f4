#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "cluster/steps/perform_outcome.h"
#include "cluster/steps/perform_parts.h"
#include "openstack/error.h"

namespace mex::cluster {
namespace {

using openstack::CallContext;
using openstack::NeutronFilter;

const std::string& id_at(const Attempt& attempt, ResourceKind kind, const std::string& node = {}) {
  static const std::string none;
  const auto found = attempt.resources.find({kind, node});
  return found == attempt.resources.end() ? none : found->second;
}

NeutronFilter named(const std::string& name, const Owner& owner) {
  NeutronFilter filter;
  filter.name = name;
  filter.description = mark_of(owner);
  return filter;
}

Outcome made(const ResourceKey& key, const std::string& id) {
  Outcome outcome;
  outcome.made[key] = id;
  outcome.resource_id = id;
  return outcome;
}

// The first by id, so that two looks at the same things choose the same.
template <typename Resource>
std::optional<std::string> first_id(const std::vector<Resource>& resources) {
  const auto least =
      std::min_element(resources.begin(), resources.end(),
                       [](const Resource& a, const Resource& b) { return a.id < b.id; });
  if (least == resources.end()) return std::nullopt;
  return least->id;
}

// Makes one resource, once. `look` gives a StatusOr of an optional id, `create` a StatusOr of an
// id. After an attempt whose fate is unknown a refusal may mean that the earlier one took effect in
// the meantime (an overlapping subnet, a port in use): hence the second look.
template <typename Look, typename Create>
Outcome make_once(const ResourceKey& key, const Attempt& attempt, Look look, Create create) {
  if (attempt.check_existing) {
    const auto there = look();
    if (!there.ok()) return failure(there.status());
    if (*there) return made(key, **there);
    if (!attempt.may_repeat) {
      Outcome outcome;
      outcome.not_seen = true;
      return outcome;
    }
  }
  const absl::StatusOr<std::string> id = create();
  if (id.ok()) return made(key, *id);
  if (attempt.check_existing && !openstack::is_transient(id.status())) {
    const auto there = look();
    if (there.ok() && *there) return made(key, **there);
  }
  return failure(id.status());
}

template <typename Resource>
absl::StatusOr<std::optional<std::string>> first_of(
    const absl::StatusOr<std::vector<Resource>>& resources) {
  if (!resources.ok()) return resources.status();
  return first_id(*resources);
}

template <typename Resource>
absl::StatusOr<std::string> id_of(const absl::StatusOr<Resource>& resource) {
  if (!resource.ok()) return resource.status();
  return resource->id;
}

bool is_same_rule(const openstack::SecurityGroupRule& a, const openstack::SecurityGroupRule& b) {
  // Neutron shows "any address" as no prefix at all.
  const auto cidr = [](const std::string& text) { return text == "0.0.0.0/0" ? "" : text; };
  return a.direction == b.direction && a.ether_type == b.ether_type && a.protocol == b.protocol &&
         a.port_min == b.port_min && a.port_max == b.port_max &&
         a.remote_group_id == b.remote_group_id && cidr(a.remote_cidr) == cidr(b.remote_cidr);
}

absl::Status drop_existing_rules(Cloud& cloud, const std::string& group_id,
                                 std::vector<openstack::NewSecurityGroupRule>& rules,
                                 const CallContext& context) {
  NeutronFilter of_group;
  of_group.security_group_id = group_id;
  MEX_ASSIGN_OR_RETURN(const auto existing,
                       cloud.neutron.list_security_group_rules(of_group, context));
  const auto is_there = [&](const openstack::NewSecurityGroupRule& rule) {
    return std::any_of(existing.begin(), existing.end(),
                       [&](const auto& other) { return is_same_rule(rule, other); });
  };
  rules.erase(std::remove_if(rules.begin(), rules.end(), is_there), rules.end());
  return absl::OkStatus();
}

void note_port(const std::string& slot, const openstack::Port& port, Outcome& outcome) {
  outcome.made.emplace(ResourceKey{ResourceKind::Port, slot}, port.id);
  if (!port.fixed_addresses.empty()) {
    outcome.addresses.emplace(slot, port.fixed_addresses.front().address);
  }
}

// The ports of the plan that exist.
absl::Status look_for_ports(Cloud& cloud, const CreatePorts& create, const Owner& owner,
                            const CallContext& context, Outcome& outcome) {
  NeutronFilter marked;
  marked.description = mark_of(owner);
  MEX_ASSIGN_OR_RETURN(auto ports, cloud.neutron.list_ports(marked, context));
  std::sort(ports.begin(), ports.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  for (const PlannedPort& planned : create.ports) {
    for (const openstack::Port& port : ports) {
      if (port.name == planned.body.name) note_port(planned.slot, port, outcome);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> is_attached(Cloud& cloud, const std::string& router_id, const Attempt& attempt,
                                 const CallContext& context) {
  NeutronFilter interface;
  interface.device_id = router_id;
  interface.network_id = id_at(attempt, ResourceKind::Network);
  MEX_ASSIGN_OR_RETURN(const auto ports, cloud.neutron.list_ports(interface, context));
  return !ports.empty();
}

}  // namespace

Outcome create_network(Cloud& cloud, const CreateNetwork& create, const Attempt& attempt,
                       const CallContext& context) {
  return make_once(
      {ResourceKind::Network, {}}, attempt,
      [&] {
        return first_of(
            cloud.neutron.list_networks(named(create.body.name, attempt.owner), context));
      },
      [&] { return id_of(cloud.neutron.create_network(create.body, context)); });
}

Outcome create_subnet(Cloud& cloud, const CreateSubnet& create, const Attempt& attempt,
                      const CallContext& context) {
  openstack::NewSubnet body = create.body;
  body.network_id = id_at(attempt, ResourceKind::Network);
  return make_once(
      {ResourceKind::Subnet, {}}, attempt,
      [&] {
        return first_of(cloud.neutron.list_subnets(named(body.name, attempt.owner), context));
      },
      [&] { return id_of(cloud.neutron.create_subnet(body, context)); });
}

Outcome create_router(Cloud& cloud, const CreateRouter& create, const Attempt& attempt,
                      const CallContext& context) {
  std::string gateway;
  const auto note_gateway = [&gateway](const openstack::Router& router) {
    if (!router.external_addresses.empty()) gateway = router.external_addresses.front();
  };
  Outcome outcome = make_once(
      {ResourceKind::Router, {}}, attempt,
      [&] {
        const auto routers =
            cloud.neutron.list_routers(named(create.body.name, attempt.owner), context);
        if (routers.ok()) std::for_each(routers->begin(), routers->end(), note_gateway);
        return first_of(routers);
      },
      [&] {
        const auto router = cloud.neutron.create_router(create.body, context);
        if (router.ok()) note_gateway(*router);
        return id_of(router);
      });
  // Neutron's default policy leaves `enable_snat` to administrators, and says so in its own words.
  if (absl::IsPermissionDenied(outcome.status) && !create.body.snat) {
    outcome.status = base::annotate(
        outcome.status,
        "the flavor's network.nat is off, which this cloud leaves to administrators: have one make "
        "a router without it and name that in network.router, or leave nat on");
  }
  outcome.apply_to = [gateway](Discovered& discovered) { discovered.gateway = gateway; };
  return outcome;
}

Outcome create_security_group(Cloud& cloud, const CreateSecurityGroup& create,
                              const Attempt& attempt, const CallContext& context) {
  return make_once(
      {ResourceKind::SecurityGroup, {}}, attempt,
      [&] {
        return first_of(
            cloud.neutron.list_security_groups(named(create.body.name, attempt.owner), context));
      },
      [&] { return id_of(cloud.neutron.create_security_group(create.body, context)); });
}

// Neutron refuses a rule that is there, so repeating cannot double one.
Outcome create_rules(Cloud& cloud, const CreateRules& create, const Attempt& attempt,
                     const CallContext& context) {
  const std::string& group_id = id_at(attempt, ResourceKind::SecurityGroup);
  std::vector<openstack::NewSecurityGroupRule> rules = create.bodies;
  for (auto& rule : rules) {
    rule.security_group_id = group_id;
    if (rule.remote_group_id == kOwnGroup) rule.remote_group_id = group_id;
  }
  if (attempt.check_existing) {
    const absl::Status looked = drop_existing_rules(cloud, group_id, rules, context);
    if (!looked.ok()) return failure(looked);
  }
  if (rules.empty()) return {};
  const auto result = cloud.neutron.create_security_group_rules(rules, context);
  if (result.ok()) return {};
  if (attempt.check_existing && !openstack::is_transient(result.status())) {
    const absl::Status looked = drop_existing_rules(cloud, group_id, rules, context);
    if (looked.ok() && rules.empty()) return {};
  }
  return failure(result.status());
}

// Neutron's default policy leaves a port's further addresses to the network's owner, and says so in
// its own words.
absl::Status refused_ports(const absl::Status& status,
                           const std::vector<openstack::NewPort>& bodies) {
  const bool has_further_addresses =
      std::any_of(bodies.begin(), bodies.end(),
                  [](const openstack::NewPort& body) { return !body.allowed_addresses.empty(); });
  if (!absl::IsPermissionDenied(status) || !has_further_addresses) return status;
  return base::annotate(
      status,
      "pods of the bridge CNI send from addresses of their own, which this cloud allows on a "
      "project's own networks only: name a network of this project, or a CNI that wraps its "
      "packets "
      "as a manifest in kubernetes.cni");
}

Outcome create_ports(Cloud& cloud, const CreatePorts& create, const Attempt& attempt,
                     const CallContext& context) {
  Outcome outcome;
  if (attempt.check_existing) {
    outcome.status = look_for_ports(cloud, create, attempt.owner, context, outcome);
    if (!outcome.status.ok()) return outcome;
  }
  std::vector<std::string> slots;
  std::vector<openstack::NewPort> bodies;
  for (const PlannedPort& planned : create.ports) {
    if (outcome.made.count({ResourceKind::Port, planned.slot}) > 0) continue;
    openstack::NewPort body = planned.body;
    if (attempt.spec.isolated()) {
      body.network_id = id_at(attempt, ResourceKind::Network);
      for (auto& fixed : body.fixed_addresses)
        fixed.subnet_id = id_at(attempt, ResourceKind::Subnet);
    }
    body.security_group_ids = {id_at(attempt, ResourceKind::SecurityGroup)};
    slots.push_back(planned.slot);
    bodies.push_back(std::move(body));
  }
  if (bodies.empty()) return outcome;
  if (attempt.check_existing && !attempt.may_repeat) {
    outcome.not_seen = true;
    return outcome;
  }
  const auto ports = cloud.neutron.create_ports(bodies, context);
  if (ports.ok()) {
    for (std::size_t i = 0; i < ports->size() && i < slots.size(); ++i) {
      note_port(slots[i], (*ports)[i], outcome);
    }
    return outcome;
  }
  if (attempt.check_existing && !openstack::is_transient(ports.status())) {
    const absl::Status looked = look_for_ports(cloud, create, attempt.owner, context, outcome);
    if (looked.ok() && outcome.made.size() == create.ports.size()) return outcome;
  }
  outcome.status = refused_ports(ports.status(), bodies);
  return outcome;
}

// Neutron refuses a second interface on the same subnet, so repeating is harmless.
Outcome attach_router(Cloud& cloud, const AttachRouter& attach, const Attempt& attempt,
                      const CallContext& context) {
  const std::string& router_id =
      attach.router_id.empty() ? id_at(attempt, ResourceKind::Router) : attach.router_id;
  Outcome outcome;
  if (attempt.check_existing) {
    const auto attached = is_attached(cloud, router_id, attempt, context);
    outcome.status = attached.status();
    if (!attached.ok() || *attached) return outcome;
  }
  outcome.status =
      cloud.neutron.add_router_interface(router_id, id_at(attempt, ResourceKind::Subnet), context);
  if (outcome.status.ok() || !attempt.check_existing || openstack::is_transient(outcome.status)) {
    return outcome;
  }
  const auto attached = is_attached(cloud, router_id, attempt, context);
  if (attached.ok() && *attached) outcome.status = absl::OkStatus();
  return outcome;
}

Outcome create_server_group(Cloud& cloud, const CreateServerGroup& create, const Attempt& attempt,
                            const CallContext& context) {
  const auto look = [&]() -> absl::StatusOr<std::optional<std::string>> {
    MEX_ASSIGN_OR_RETURN(auto groups, cloud.nova.list_server_groups(context));
    const auto is_other = [&](const openstack::ServerGroup& group) {
      return group.name != create.body.name || group.policy != create.body.policy;
    };
    groups.erase(std::remove_if(groups.begin(), groups.end(), is_other), groups.end());
    return first_id(groups);
  };
  return make_once({ResourceKind::ServerGroup, create.group}, attempt, look,
                   [&] { return cloud.nova.create_server_group(create.body, context); });
}

Outcome create_server(Cloud& cloud, const CreateServer& create, const Attempt& attempt,
                      const CallContext& context) {
  openstack::NewServer body = create.body;
  body.port_ids = {id_at(attempt, ResourceKind::Port, create.slot)};
  if (!create.group.empty()) {
    body.server_group_id = id_at(attempt, ResourceKind::ServerGroup, create.group);
  }
  openstack::ServerFilter ours;
  ours.name = body.name;
  ours.tags = {agent_tag(attempt.owner.agent_id), cluster_tag(attempt.owner.cluster_id)};
  return make_once(
      {ResourceKind::Server, create.slot}, attempt,
      [&] { return first_of(cloud.nova.list_servers(ours, context)); },
      [&] { return cloud.nova.create_server(body, context); });
}

Outcome tag_resource(Cloud& cloud, const TagResource& tag, const Attempt& attempt,
                     const CallContext& context) {
  using Taggable = openstack::Neutron::Taggable;
  const auto kind = [&] {
    switch (tag.key.kind) {
      case ResourceKind::Network:
        return Taggable::Network;
      case ResourceKind::Subnet:
        return Taggable::Subnet;
      case ResourceKind::Router:
        return Taggable::Router;
      case ResourceKind::SecurityGroup:
        return Taggable::SecurityGroup;
      case ResourceKind::ServerGroup:
      case ResourceKind::Port:
      case ResourceKind::Server:
        break;
    }
    return Taggable::Port;
  }();
  Outcome outcome;
  outcome.status = cloud.neutron.replace_tags(kind, id_at(attempt, tag.key.kind, tag.key.node),
                                              tag.tags, context);
  return outcome;
}

}  // namespace mex::cluster
