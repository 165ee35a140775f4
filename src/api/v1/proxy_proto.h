#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "mexosagent/v1/proxies.pb.h"
#include "routing/proxy_route.h"
#include "routing/resolution.h"

// Routes of the reverse proxy as messages of package mexosagent.v1. Pure.
namespace mex::api {

::mexosagent::v1::ProxyRoute to_proto(const routing::ProxyRouteView& view);
// What the agent gives (changed_at, counters) and the etag are not looked at. InvalidArgument names
// the field within `path`.
absl::StatusOr<routing::ProxyRoute> from_proto(const ::mexosagent::v1::ProxyRoute& route,
                                               std::string_view path);

::mexosagent::v1::ResolveProxyResponse to_proto(const routing::Resolution& resolution);
proxy::route::ImaginedRequestSpec from_proto(const ::mexosagent::v1::ResolveProxyRequest& request);

}  // namespace mex::api
