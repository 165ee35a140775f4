#include "api/v1/proxy_resources.h"

#include <fmt/format.h>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "api/v1/page_size.h"
#include "api/v1/proxy_proto.h"
#include "base/status.h"
#include "routing/resolution.h"

namespace mex::api {
namespace {

namespace v1 = ::mexosagent::v1;

// A page token is the place of the route that the page before ended with.
absl::StatusOr<std::string> place_of(const std::string& token) {
  std::string place;
  if (!absl::WebSafeBase64Unescape(token, &place)) {
    return base::field_error("page_token", "is none that a page has named");
  }
  return place;
}

}  // namespace

absl::StatusOr<v1::ListProxiesResponse> list_proxies(const access::Principal&,
                                                     const routing::ProxyRoutes& routes,
                                                     const v1::ListProxiesRequest& request) {
  MEX_ASSIGN_OR_RETURN(const int size, page_size_of(request.page_size()));
  MEX_ASSIGN_OR_RETURN(const std::string after, place_of(request.page_token()));
  const routing::ProxyRoutes::Page page = routes.page(after, static_cast<std::size_t>(size));
  v1::ListProxiesResponse reply;
  for (const auto& view : page.routes) *reply.add_proxies() = to_proto(view);
  reply.set_next_page_token(absl::WebSafeBase64Escape(page.next));
  return reply;
}

absl::StatusOr<v1::ProxyRoute> get_proxy(const access::Principal&,
                                         const routing::ProxyRoutes& routes,
                                         const v1::GetProxyRequest& request) {
  MEX_ASSIGN_OR_RETURN(const routing::ProxyRouteView view, routes.get(request.name()));
  return to_proto(view);
}

absl::StatusOr<v1::ProxyRoute> create_proxy(const access::Principal&, routing::ProxyRoutes& routes,
                                            const v1::CreateProxyRequest& request) {
  if (!request.proxy().etag().empty()) {
    return base::field_error("proxy.etag", "must be left out: a new route has none");
  }
  MEX_ASSIGN_OR_RETURN(const routing::ProxyRoute route, from_proto(request.proxy(), "proxy"));
  MEX_ASSIGN_OR_RETURN(const routing::ProxyRouteView view, routes.create(route));
  return to_proto(view);
}

absl::StatusOr<v1::ProxyRoute> put_proxy(const access::Principal&, routing::ProxyRoutes& routes,
                                         const v1::PutProxyRequest& request) {
  MEX_ASSIGN_OR_RETURN(routing::ProxyRoute route, from_proto(request.proxy(), "proxy"));
  MEX_ASSIGN_OR_RETURN(const routing::ProxyRouteView view,
                       routes.put(request.name(), std::move(route), request.proxy().etag()));
  return to_proto(view);
}

absl::StatusOr<v1::DeleteProxyResponse> delete_proxy(const access::Principal&,
                                                     routing::ProxyRoutes& routes,
                                                     const v1::DeleteProxyRequest& request) {
  MEX_RETURN_IF_ERROR(routes.remove(request.name(), request.etag()));
  return v1::DeleteProxyResponse();
}

absl::StatusOr<v1::ApplyProxiesResponse> apply_proxies(const access::Principal&,
                                                       routing::ProxyRoutes& routes,
                                                       const v1::ApplyProxiesRequest& request) {
  std::vector<routing::ProxyRoute> set;
  std::vector<std::string> etags;
  for (const v1::ProxyRoute& proxy : request.proxies()) {
    MEX_ASSIGN_OR_RETURN(routing::ProxyRoute route,
                         from_proto(proxy, fmt::format("proxies[{}]", set.size())));
    set.push_back(std::move(route));
    etags.push_back(proxy.etag());
  }
  using Plan = routing::RoutePlan::Kind;
  MEX_ASSIGN_OR_RETURN(const routing::ProxyRoutes::Applied applied,
                       routes.apply(set, etags, request.delete_others() ? Plan::All : Plan::Some));
  v1::ApplyProxiesResponse reply;
  reply.set_created(applied.created);
  reply.set_replaced(applied.replaced);
  reply.set_unchanged(applied.unchanged);
  reply.set_deleted(applied.deleted);
  return reply;
}

absl::StatusOr<v1::ResolveProxyResponse> resolve_proxy(const access::Principal&,
                                                       const routing::ProxyRoutes& routes,
                                                       const v1::ResolveProxyRequest& request) {
  MEX_ASSIGN_OR_RETURN(const routing::Resolution resolution,
                       routing::resolve(routes, from_proto(request)));
  return to_proto(resolution);
}

}  // namespace mex::api
