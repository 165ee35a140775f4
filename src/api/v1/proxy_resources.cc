#include "api/v1/proxy_resources.h"

#include <fmt/format.h>
#include <google/protobuf/util/field_mask_util.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "api/v1/page_size.h"
#include "api/v1/proxy_proto.h"
#include "base/json_text.h"
#include "base/status.h"
#include "routing/resolution.h"

namespace mex::api {
namespace {

namespace v1 = ::mexosagent::v1;

// A page token is the place of the route that the page before ended with (RouteEntry::id): a path,
// or a path and three lines more. Whether that route is still there does not matter.
bool is_place(std::string_view text) {
  const auto lines = std::count(text.begin(), text.end(), '\n');
  return lines == 3 || (lines == 0 && text.starts_with('/'));
}

absl::StatusOr<std::string> place_of(const std::string& token) {
  std::string place;
  if (token.empty()) return place;
  const bool is_text = absl::WebSafeBase64Unescape(token, &place);
  // One place has one token.
  if (is_text && is_place(place) && absl::WebSafeBase64Escape(place) == token) return place;
  return base::field_error("page_token", "must be the next_page_token of the page before");
}

// So often a change that others keep overtaking is tried.
constexpr int kMaxAttempts = 10;

// Fields of the message that are set: what a change without a mask is about.
google::protobuf::FieldMask mask_of(const v1::ProxyRoute& proxy) {
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  proxy.GetReflection()->ListFields(proxy, &fields);
  google::protobuf::FieldMask mask;
  for (const auto* field : fields) mask.add_paths(field->name());
  return mask;
}

// `route` with the fields of the mask as `change` has them; lists and what the mask names as a
// whole are replaced.
absl::StatusOr<v1::ProxyRoute> changed(v1::ProxyRoute route, const v1::ProxyRoute& change,
                                       const google::protobuf::FieldMask& mask) {
  google::protobuf::FieldMask known;
  bool is_origin_kept = true;
  for (const std::string& path : mask.paths()) {
    if (!google::protobuf::util::FieldMaskUtil::IsValidPath<v1::ProxyRoute>(path)) {
      return base::field_error("update_mask",
                               fmt::format("{} is no field", base::quoted(path.substr(0, 100))));
    }
    if (path == "etag") continue;  // what is to be changed, not a change
    if (path == "origins") is_origin_kept = false;
    known.add_paths(path);
  }
  // It stands for the first of the origins that were there before.
  if (!is_origin_kept) route.clear_origin();
  google::protobuf::util::FieldMaskUtil::MergeOptions options;
  options.set_replace_message_fields(true);
  options.set_replace_repeated_fields(true);
  google::protobuf::util::FieldMaskUtil::MergeMessageTo(change, known, options, &route);
  return route;
}

absl::StatusOr<v1::ProxyRoute> get_unchanged(const routing::ProxyRoutes& routes,
                                             const v1::UpdateProxyRequest& request) {
  MEX_ASSIGN_OR_RETURN(const routing::ProxyRouteView view, routes.get(request.name()));
  MEX_RETURN_IF_ERROR(routing::check_etag(view, request.proxy().etag()));
  return mex::api::to_proto(view);
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
                       routes.put(request.name(), std::move(route), request.proxy().etag(),
                                  request.must_not_exist()));
  return to_proto(view);
}

absl::StatusOr<v1::ProxyRoute> update_proxy(const access::Principal&, routing::ProxyRoutes& routes,
                                            const v1::UpdateProxyRequest& request) {
  const google::protobuf::FieldMask mask =
      request.update_mask().paths().empty() ? mask_of(request.proxy()) : request.update_mask();
  if (mask.paths().empty()) return get_unchanged(routes, request);
  absl::Status overtaken;
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    MEX_ASSIGN_OR_RETURN(const routing::ProxyRouteView before, routes.get(request.name()));
    MEX_RETURN_IF_ERROR(routing::check_etag(before, request.proxy().etag()));
    MEX_ASSIGN_OR_RETURN(const v1::ProxyRoute proxy,
                         changed(to_proto(before), request.proxy(), mask));
    MEX_ASSIGN_OR_RETURN(routing::ProxyRoute route, from_proto(proxy, "proxy"));
    const auto after = routes.put(request.name(), std::move(route), before.etag);
    if (after.ok()) return to_proto(*after);
    if (!absl::IsAborted(after.status())) return after.status();
    overtaken = after.status();
  }
  return overtaken;
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
