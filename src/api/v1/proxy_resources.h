#pragma once

#include "absl/status/statusor.h"
#include "access/principal.h"
#include "mexosagent/v1/proxies.pb.h"
#include "routing/proxy_routes.h"

// The resource proxies of package mexosagent.v1, without gRPC. Thread-safe. Errors are those of
// routing::ProxyRoutes.
namespace mex::api {

absl::StatusOr<::mexosagent::v1::ListProxiesResponse> list_proxies(
    const access::Principal& caller, const routing::ProxyRoutes& routes,
    const ::mexosagent::v1::ListProxiesRequest& request);
// By name, or by path with or without its first slash. NotFound.
absl::StatusOr<::mexosagent::v1::ProxyRoute> get_proxy(
    const access::Principal& caller, const routing::ProxyRoutes& routes,
    const ::mexosagent::v1::GetProxyRequest& request);
absl::StatusOr<::mexosagent::v1::ProxyRoute> create_proxy(
    const access::Principal& caller, routing::ProxyRoutes& routes,
    const ::mexosagent::v1::CreateProxyRequest& request);
absl::StatusOr<::mexosagent::v1::ProxyRoute> put_proxy(
    const access::Principal& caller, routing::ProxyRoutes& routes,
    const ::mexosagent::v1::PutProxyRequest& request);
// Changes what the mask names, or without one what is given; all of it at once.
absl::StatusOr<::mexosagent::v1::ProxyRoute> update_proxy(
    const access::Principal& caller, routing::ProxyRoutes& routes,
    const ::mexosagent::v1::UpdateProxyRequest& request);
absl::StatusOr<::mexosagent::v1::DeleteProxyResponse> delete_proxy(
    const access::Principal& caller, routing::ProxyRoutes& routes,
    const ::mexosagent::v1::DeleteProxyRequest& request);
absl::StatusOr<::mexosagent::v1::ApplyProxiesResponse> apply_proxies(
    const access::Principal& caller, routing::ProxyRoutes& routes,
    const ::mexosagent::v1::ApplyProxiesRequest& request);
absl::StatusOr<::mexosagent::v1::ResolveProxyResponse> resolve_proxy(
    const access::Principal& caller, const routing::ProxyRoutes& routes,
    const ::mexosagent::v1::ResolveProxyRequest& request);

}  // namespace mex::api
