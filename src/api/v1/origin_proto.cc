#include "api/v1/origin_proto.h"

#include <absl/strings/ascii.h>

#include <string>

#include "api/v1/record_proto.h"
#include "api/v1/timestamp.h"
#include "base/status.h"

namespace mex::api {
namespace {

namespace v1 = ::mexosagent::v1;

void set_observation(const proxy::ObservedOrigin& origin, v1::ProxyOrigin& shown) {
  v1::ProxyOrigin::State state = v1::ProxyOrigin::STATE_UNSPECIFIED;
  v1::ProxyOrigin::State_Parse(absl::AsciiStrToUpper(std::string(base::to_word(origin.condition))),
                               &state);
  shown.set_state(state);
  shown.set_reason(origin.reason);
  if (origin.ejected_until) *shown.mutable_ejected_until() = timestamp(*origin.ejected_until);
  shown.set_requests_under_way(origin.requests_under_way);
  shown.set_requests(origin.requests);
  shown.set_failures(origin.failures);
  shown.set_server_errors(origin.server_errors);
  shown.set_ejections(origin.ejections);
  for (const proxy::ObservedOrigin& endpoint : origin.endpoints) {
    v1::ProxyOrigin& shown_endpoint = *shown.add_endpoints();
    shown_endpoint.set_url(endpoint.url);
    set_observation(endpoint, shown_endpoint);
  }
}

}  // namespace

void set_origins(const routing::ProxyRouteView& view, v1::ProxyRoute& shown) {
  if (view.route.origin_set.empty()) return;
  write_message(view.route.origin_set, shown);
  for (std::size_t i = 0; i < view.origins.size(); ++i) {
    set_observation(view.origins[i], *shown.mutable_origins(static_cast<int>(i)));
  }
}

absl::Status read_origins(const v1::ProxyRoute& route, std::string_view path,
                          proxy::balance::OriginSetOptions& set) {
  MEX_RETURN_IF_ERROR(read_message(route, set, path));
  for (proxy::balance::OriginOptions& origin : set.origins) origin.id.clear();
  return absl::OkStatus();
}

}  // namespace mex::api
