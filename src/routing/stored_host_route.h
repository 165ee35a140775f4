#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "routing/host_route.h"

namespace mex::routing {

// How routes of the host lie in the store: key "<prefix><subnet, '/' as '_'>", value JSON. The
// operator's and the agent's own are apart, for both may want one to the same subnet.
inline constexpr std::string_view kHostRoutePrefix = "/host-routes/";
inline constexpr std::string_view kClusterRoutePrefix = "/cluster-routes/";
std::string host_route_key(std::string_view prefix, std::string_view subnet);

struct StoredHostRoute {
  HostRoute route;
  std::string cluster_id;  // empty: the operator's
  bool is_wanted = true;   // false: on its way out of the kernel
};
std::string to_json(const StoredHostRoute& stored);
// DataLoss, naming `key`, if `value` is not what to_json writes.
absl::StatusOr<StoredHostRoute> host_route_from_json(std::string_view value, std::string_view key);

}  // namespace mex::routing
