#include "cluster/steps/network.h"

#include <algorithm>
#include <string>

#include "base/status.h"
#include "cluster/steps/make_once.h"
#include "openstack/error.h"

namespace mex::cluster {
namespace {

using openstack::CallContext;
using openstack::NeutronFilter;

absl::StatusOr<bool> is_attached(Cloud& cloud, const std::string& router_id, const Attempt& attempt,
                                 const CallContext& context) {
  NeutronFilter interface;
  interface.device_id = router_id;
  interface.network_id = id_at(attempt, ResourceKind::Network);
  MEX_ASSIGN_OR_RETURN(const auto ports, cloud.neutron.list_ports(interface, context));
  return !ports.empty();
}

}  // namespace

Outcome perform(Cloud& cloud, const CreateNetwork& create, const Attempt& attempt,
                const CallContext& context) {
  int mtu = 0;
  Outcome outcome = make_once(
      {ResourceKind::Network, {}}, attempt,
      [&] {
        const auto networks =
            cloud.neutron.list_networks(marked_name(create.body.name, attempt.owner), context);
        if (networks.ok() && !networks->empty()) mtu = networks->front().mtu;
        return first_of(networks);
      },
      [&] {
        const auto network = cloud.neutron.create_network(create.body, context);
        if (network.ok()) mtu = network->mtu;
        return id_of(network);
      });
  outcome.apply_to = [mtu](Discovered& discovered) { discovered.network_mtu = mtu; };
  return outcome;
}

Outcome perform(Cloud& cloud, const CreateSubnet& create, const Attempt& attempt,
                const CallContext& context) {
  openstack::NewSubnet body = create.body;
  body.network_id = id_at(attempt, ResourceKind::Network);
  return make_once(
      {ResourceKind::Subnet, {}}, attempt,
      [&] {
        return first_of(cloud.neutron.list_subnets(marked_name(body.name, attempt.owner), context));
      },
      [&] { return id_of(cloud.neutron.create_subnet(body, context)); });
}

Outcome perform(Cloud& cloud, const CreateRouter& create, const Attempt& attempt,
                const CallContext& context) {
  std::string gateway;
  const auto note_gateway = [&gateway](const openstack::Router& router) {
    gateway = first_ipv4(router.external_addresses);
  };
  Outcome outcome = make_once(
      {ResourceKind::Router, {}}, attempt,
      [&] {
        const auto routers =
            cloud.neutron.list_routers(marked_name(create.body.name, attempt.owner), context);
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

// Neutron refuses a second interface on the same subnet, so repeating is harmless.
Outcome perform(Cloud& cloud, const AttachRouter& attach, const Attempt& attempt,
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

Outcome perform(Cloud& cloud, const TagResource& tag, const Attempt& attempt,
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
