#pragma once

#include "absl/status/statusor.h"
#include "access/principal.h"
#include "mexosagent/v1/proxies.pb.h"
#include "routing/proxy_routes.h"

// The resource proxies of package mexosagent.v1, without gRPC. Thread-safe.
namespace mex::api {

::mexosagent::v1::ProxyRoute to_proto(const routing::ProxyRouteView& view);

::mexosagent::v1::ListProxiesResponse list_proxies(
    const access::Principal& caller, const routing::ProxyRoutes& routes,
    const ::mexosagent::v1::ListProxiesRequest& request);
// By name, or by path with or without its first slash. NotFound.
absl::StatusOr<::mexosagent::v1::ProxyRoute> get_proxy(
    const access::Principal& caller, const routing::ProxyRoutes& routes,
    const ::mexosagent::v1::GetProxyRequest& request);

}  // namespace mex::api
