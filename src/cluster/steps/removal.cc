#include "cluster/steps/removal.h"

#include <string>
#include <string_view>
#include <utility>

#include "base/status.h"
#include "cluster/steps/inventory.h"
#include "cluster/steps/kubernetes.h"
#include "cluster/steps/volumes.h"

namespace mex::cluster {
namespace {

using openstack::CallContext;

absl::Status remove_one(Cloud& cloud, const OwnedResource& resource, const CallContext& context) {
  switch (resource.key().kind) {
    case ResourceKind::Network:
      return cloud.neutron.delete_network(resource.id(), context);
    case ResourceKind::Subnet:
      return cloud.neutron.delete_subnet(resource.id(), context);
    case ResourceKind::Router:
      return cloud.neutron.delete_router(resource.id(), context);
    case ResourceKind::SecurityGroup:
      return cloud.neutron.delete_security_group(resource.id(), context);
    case ResourceKind::Port:
      return cloud.neutron.delete_port(resource.id(), context);
    case ResourceKind::ServerGroup:
      return cloud.nova.delete_server_group(resource.id(), context);
    case ResourceKind::Volume:
      return cloud.cinder.delete_volume(resource.id(), context);
    case ResourceKind::Server:
      break;
  }
  return cloud.nova.delete_server(resource.id(), context);
}

// The ports that keep a network, subnet or router from being removed.
absl::StatusOr<std::vector<openstack::Port>> blockers(Cloud& cloud, const OwnedResource& resource,
                                                      const CallContext& context) {
  openstack::NeutronFilter filter;
  switch (resource.key().kind) {
    case ResourceKind::Network:
      filter.network_id = resource.id();
      break;
    case ResourceKind::Router:
      filter.device_id = resource.id();
      break;
    case ResourceKind::Subnet: {
      MEX_ASSIGN_OR_RETURN(const auto subnet, cloud.neutron.get_subnet(resource.id(), context));
      filter.network_id = subnet.network_id;
      break;
    }
    case ResourceKind::SecurityGroup:
    case ResourceKind::ServerGroup:
    case ResourceKind::Port:
    case ResourceKind::Volume:
    case ResourceKind::Server:
      return std::vector<openstack::Port>();
  }
  return cloud.neutron.list_ports(filter, context);
}

// Neutron says that something is in use, but not always by what: a user who has to act must know.
absl::Status name_blockers(Cloud& cloud, const OwnedResource& resource, const absl::Status& status,
                           const CallContext& context) {
  const auto ports = blockers(cloud, resource, context);
  if (!ports.ok() || ports->empty()) return status;
  std::string text = "in use by";
  for (const openstack::Port& port : *ports) {
    text += fmt::format(" port {} ({}{}{})", port.id, port.name, port.name.empty() ? "" : ", ",
                        port.device_owner.empty() ? "no owner" : port.device_owner);
  }
  return base::annotate(status, text);
}

// The router that the subnet is attached to belongs to another project or user: it is known by its
// port.
absl::Status detach_any_router(Cloud& cloud, const std::string& subnet_id,
                               const CallContext& context) {
  const auto subnet = cloud.neutron.get_subnet(subnet_id, context);
  if (absl::IsNotFound(subnet.status())) return absl::OkStatus();
  if (!subnet.ok()) return subnet.status();
  openstack::NeutronFilter of_network;
  of_network.network_id = subnet->network_id;
  MEX_ASSIGN_OR_RETURN(const auto ports, cloud.neutron.list_ports(of_network, context));
  for (const openstack::Port& port : ports) {
    if (!is_router_interface(port)) continue;
    for (const openstack::FixedAddress& fixed : port.fixed_addresses) {
      if (fixed.subnet_id != subnet_id) continue;
      MEX_RETURN_IF_ERROR(
          cloud.neutron.remove_router_interface(port.device_id, subnet_id, context));
    }
  }
  return absl::OkStatus();
}

// The cluster's own router goes away after this, and so do static routes that people have put on
// it.
absl::Status detach_own_router(Cloud& cloud, const DetachRouter& detach,
                               const CallContext& context) {
  const auto remove = [&] {
    return cloud.neutron.remove_router_interface(detach.router_id, detach.subnet_id, context);
  };
  const absl::Status status = remove();
  if (base::detail_of(status).cloud_code != "RouterInterfaceInUseByRoute") return status;
  MEX_RETURN_IF_ERROR(cloud.neutron.clear_router_routes(detach.router_id, context));
  return remove();
}

// Since the inventory was taken, pods were drained: minutes may have passed. The resource itself is
// read once more; what is not the cluster's any more, or works again, stays.
Outcome check_again(Cloud& cloud, const Remove& removal, const Attempt& attempt,
                    const CallContext& context) {
  const OwnedResource& resource = removal.resource;
  Outcome outcome;
  outcome.resource_id = resource.id();
  const auto seen = read_resource(cloud, resource.key().kind, resource.id(), attempt, context);
  if (absl::IsNotFound(seen.status())) return outcome;
  outcome.status = seen.status();
  if (!seen.ok()) return outcome;
  if (!seen->is_marked) {
    outcome.status = refusal(absl::StatusCode::kFailedPrecondition,
                             fmt::format("{}: the agent's mark (description, tags) was taken off, "
                                         "so it is left alone",
                                         to_string(*seen)),
                             "NotOwned");
  } else if (removal.cause == RemovalCause::ServerError && seen->status != "ERROR") {
    outcome.has_recovered = true;
  }
  return outcome;
}

}  // namespace

Outcome perform(Cloud& cloud, const Remove& removal, const Attempt& attempt,
                const CallContext& context) {
  const OwnedResource& resource = removal.resource;
  Outcome outcome;
  outcome.resource_id = resource.id();
  CallContext untraced = context;  // the removal's request id is the one to show
  untraced.trace = nullptr;
  if (removal.cause != RemovalCause::Destroyed) {
    Outcome check = check_again(cloud, removal, attempt, untraced);
    if (!check.status.ok() || check.has_recovered) return check;
  }
  if (resource.key().kind == ResourceKind::Volume) return remove_volume(cloud, resource, context);
  outcome.status = remove_one(cloud, resource, context);
  if (absl::IsFailedPrecondition(outcome.status)) {
    outcome.status = name_blockers(cloud, resource, outcome.status, untraced);
  }
  return outcome;
}

Outcome perform(Cloud& cloud, const ConfirmFault& confirm, const Attempt& attempt,
                const CallContext& context) {
  Outcome outcome = check_again(cloud, confirm.removal, attempt, context);
  if (!outcome.status.ok() || confirm.removal.cause != RemovalCause::NodeNotReady) return outcome;
  if (attempt.api_server == nullptr) return outcome;
  const auto is_ready = is_node_ready(*attempt.api_server, confirm.node, context);
  if (!is_ready.ok() && confirm.needs_answer) outcome.status = is_ready.status();
  outcome.has_recovered = is_ready.value_or(false);
  return outcome;
}

Outcome perform(Cloud& cloud, const DetachRouter& detach, const Attempt& /*attempt*/,
                const CallContext& context) {
  Outcome outcome;
  outcome.status = detach.router_id.empty() ? detach_any_router(cloud, detach.subnet_id, context)
                                            : detach_own_router(cloud, detach, context);
  return outcome;
}

}  // namespace mex::cluster
