#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "proxy/route/imagined_request.h"
#include "routing/proxy_routes.h"

namespace mex::routing {

struct PassedOverRoute {
  ProxyRouteView route;
  std::string reason;
};

// Which route would serve a request, and why not the others.
struct Resolution {
  proxy::route::Destination destination;
  std::optional<ProxyRouteView> route;
  std::vector<PassedOverRoute> passed_over;  // the most specific first
  bool is_complete = true;                   // there are no more of them
};

// InvalidArgument, with the field, for a request that the proxy would not route at all.
absl::StatusOr<Resolution> resolve(const ProxyRoutes& routes,
                                   const proxy::route::ImaginedRequestSpec& request);

}  // namespace mex::routing
