#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace mex::routing {

// A way from the agent's host into a private network: what `ip route add` takes.
struct HostRoute {
  std::string subnet;   // "10.101.3.0/24" or "fd00:3::/64"; an address alone is a network of one
  std::string gateway;  // the router's address on a network of the host; empty: on the link itself
  std::string device;   // interface; empty: the one that leads to the gateway

  bool operator==(const HostRoute&) const = default;
};

// The same route with its subnet and gateway in their one written form. InvalidArgument names the
// field as "<prefix>.subnet". Refused are subnets that are the host's own business: the default
// route, loopback, link-local (the metadata service is there) and multicast.
absl::StatusOr<HostRoute> normalized(const HostRoute& route, std::string_view prefix);

// "10.101.3.0/24 via 10.0.0.9 dev eth0"
std::string to_string(const HostRoute& route);

}  // namespace mex::routing
