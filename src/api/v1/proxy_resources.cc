#include "api/v1/proxy_resources.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "api/v1/timestamp.h"
#include "base/json_text.h"
#include "base/status.h"

namespace mex::api {

namespace v1 = ::mexosagent::v1;

v1::ProxyRoute to_proto(const routing::ProxyRouteView& view) {
  v1::ProxyRoute route;
  route.set_name(view.name);
  route.set_path(view.path);
  route.set_origin(view.origin);
  *route.mutable_changed_at() = timestamp(view.changed_at);
  v1::ProxyCounters& counters = *route.mutable_counters();
  counters.set_requests(view.counters.requests);
  counters.set_responses_1xx(view.counters.status_classes[0]);
  counters.set_responses_2xx(view.counters.status_classes[1]);
  counters.set_responses_3xx(view.counters.status_classes[2]);
  counters.set_responses_4xx(view.counters.status_classes[3]);
  counters.set_responses_5xx(view.counters.status_classes[4]);
  counters.set_request_bytes(view.counters.request_bytes);
  counters.set_response_bytes(view.counters.response_bytes);
  counters.set_origin_errors(view.counters.origin_errors);
  counters.set_total_latency_microseconds(
      static_cast<std::uint64_t>(view.counters.total_latency.count()));
  return route;
}

v1::ListProxiesResponse list_proxies(const access::Principal&, const routing::ProxyRoutes& routes,
                                     const v1::ListProxiesRequest&) {
  v1::ListProxiesResponse reply;
  for (const auto& view : routes.list()) *reply.add_proxies() = to_proto(view);
  return reply;
}

absl::StatusOr<v1::ProxyRoute> get_proxy(const access::Principal&,
                                         const routing::ProxyRoutes& routes,
                                         const v1::GetProxyRequest& request) {
  const std::vector<routing::ProxyRouteView> views = routes.list();
  auto found = std::find_if(views.begin(), views.end(), [&](const auto& view) {
    return !view.name.empty() && view.name == request.name();
  });
  if (found == views.end()) {
    found = std::find_if(views.begin(), views.end(), [&](const auto& view) {
      return view.path == request.name() || view.path == "/" + request.name();
    });
  }
  if (found == views.end()) {
    return base::error(absl::StatusCode::kNotFound, "no proxy of name or path {}",
                       base::quoted(request.name()));
  }
  return to_proto(*found);
}

}  // namespace mex::api
