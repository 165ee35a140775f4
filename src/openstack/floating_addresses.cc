#include "openstack/floating_addresses.h"

#include <algorithm>

#include "base/status.h"

namespace mex::openstack {

absl::StatusOr<std::vector<std::string>> floating_addresses_of(const std::string& server_id,
                                                               Neutron& neutron,
                                                               const CallContext& context) {
  NeutronFilter of_server;
  of_server.device_id = server_id;
  MEX_ASSIGN_OR_RETURN(const auto ports, neutron.list_ports(of_server, context));
  std::vector<std::string> addresses;
  for (const Port& port : ports) {
    NeutronFilter of_port;
    of_port.port_id = port.id;
    MEX_ASSIGN_OR_RETURN(const auto floating, neutron.list_floating_ips(of_port, context));
    for (const FloatingIp& each : floating) addresses.push_back(each.address);
  }
  if (addresses.empty()) {
    return base::error(absl::StatusCode::kNotFound,
                       "{} of server {} in the project has a floating address",
                       ports.empty() ? "no port" : "none of the ports", server_id);
  }
  std::sort(addresses.begin(), addresses.end());
  return addresses;
}

}  // namespace mex::openstack
