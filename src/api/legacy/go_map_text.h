#pragma once

#include <string>
#include <vector>

#include "routing/proxy_routes.h"

namespace mex::api {

// The proxy list as the original printed it, which clients parse: Go's %v of a map from path to
// origin, sorted by path: "map[/a:http://x /b/*c:http://y]".
std::string go_map_text(const std::vector<routing::ProxyRouteView>& routes);

}  // namespace mex::api
