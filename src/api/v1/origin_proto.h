#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "mexosagent/v1/proxies.pb.h"
#include "routing/proxy_route.h"

// The origins of a route as messages of package mexosagent.v1. Pure.
namespace mex::api {

// Nothing for a route that has one origin and no more to say of it.
void set_origins(const routing::ProxyRouteView& view, ::mexosagent::v1::ProxyRoute& shown);
// What the agent gives is not looked at. InvalidArgument names the field within `path`.
absl::Status read_origins(const ::mexosagent::v1::ProxyRoute& route, std::string_view path,
                          proxy::balance::OriginSetOptions& set);

}  // namespace mex::api
