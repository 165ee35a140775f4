#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "openstack/call_context.h"
#include "openstack/neutron.h"

namespace mex::openstack {

// The floating addresses of all ports of a server, sorted. NotFound if it has none, or is none of
// the project's; other errors are Neutron's.
absl::StatusOr<std::vector<std::string>> floating_addresses_of(const std::string& server_id,
                                                               Neutron& neutron,
                                                               const CallContext& context);

}  // namespace mex::openstack
