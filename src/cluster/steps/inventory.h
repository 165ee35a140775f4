#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "cluster/steps/attempt.h"
#include "cluster/steps/cloud.h"
#include "cluster/steps/outcome.h"
#include "openstack/call_context.h"

// What there is of a cluster: everything that carries its mark, and everything that its journal
// names although the mark is gone.
namespace mex::cluster {

Outcome perform(Cloud& cloud, const FindOwned& find, const Attempt& attempt,
                const openstack::CallContext& context);

// The server carries the owner's mark.
bool has_mark(const openstack::Server& server, const Owner& owner);
// Where Nova is so old that servers have neither description nor tags.
std::optional<Owner> owner_in_metadata(const openstack::Server& server);

// What `take` makes of the StatusOr of one resource, read by its id: an openstack::Network for a
// network, and so on. NotFound, and the errors of the call.
template <typename Take>
auto get_resource(Cloud& cloud, ResourceKind kind, const std::string& id,
                  const openstack::CallContext& context, Take take) {
  switch (kind) {
    case ResourceKind::Network:
      return take(cloud.neutron.get_network(id, context));
    case ResourceKind::Subnet:
      return take(cloud.neutron.get_subnet(id, context));
    case ResourceKind::Router:
      return take(cloud.neutron.get_router(id, context));
    case ResourceKind::SecurityGroup:
      return take(cloud.neutron.get_security_group(id, context));
    case ResourceKind::Port:
      return take(cloud.neutron.get_port(id, context));
    case ResourceKind::ServerGroup:
      return take(cloud.nova.get_server_group(id, context));
    case ResourceKind::Volume:
      return take(cloud.cinder.get_volume(id, context));
    case ResourceKind::Server:
      break;
  }
  return take(cloud.nova.get_server(id, context));
}

// The same resource, as an inventory has it.
absl::StatusOr<ObservedResource> read_resource(Cloud& cloud, ResourceKind kind,
                                               const std::string& id, const Attempt& attempt,
                                               const openstack::CallContext& context);

}  // namespace mex::cluster
