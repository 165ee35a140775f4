#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "routing/proxy_route.h"

namespace mex::routing {

// How routes lie in the store: key "/proxies/<path, percent-encoded>", value JSON. What a path
// alone does not distinguish has its name in the place of the path: it begins with no slash. A
// version of the agent that knows of paths only sets such a record aside.
inline constexpr std::string_view kRoutePrefix = "/proxies/";
std::string route_key(std::string_view path);
std::string named_route_key(std::string_view name);

struct StoredRoute {
  ProxyRoute route;
  base::WallTime changed_at;
};
std::string to_json(const StoredRoute& stored);
// DataLoss, naming `key`, if `value` is not what to_json writes.
absl::StatusOr<StoredRoute> route_from_json(std::string_view value, std::string_view key);

}  // namespace mex::routing
