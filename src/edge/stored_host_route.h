#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "edge/host_route.h"

namespace mex::edge {

// How routes of the host lie in the store: key "/host-routes/<subnet, '/' as '_'>", value JSON.
inline constexpr std::string_view kHostRoutePrefix = "/host-routes/";
std::string host_route_key(std::string_view subnet);

struct StoredHostRoute {
  HostRoute route;
  bool is_wanted = true;  // false: on its way out of the kernel
};
std::string encode_host_route(const StoredHostRoute& stored);
// DataLoss if `value` is not what encode_host_route writes.
absl::StatusOr<StoredHostRoute> decode_host_route(std::string_view value);

}  // namespace mex::edge
