#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proxy/route/route.h"
#include "routing/proxy_route.h"

namespace mex::net {
class OriginPolicy;
}

namespace mex::routing {

// Which requests the route is for. Errors name the field ("host", "headers[1].value").
// `shards`: how many will ask.
absl::StatusOr<proxy::route::Rule> rule_of(const ProxyRoute& route, std::size_t shards);

// The route as shards use it. Errors name the field.
absl::StatusOr<std::shared_ptr<const proxy::route::Route>> compile_route(
    const ProxyRoute& route, proxy::route::Rule rule,
    std::shared_ptr<proxy::route::Counters> counters);

// The same route with what it asks of requests, if that is anything. `previous` (or null) is the
// active route that it replaces: what was counted for it goes on. Errors name the field.
absl::StatusOr<std::shared_ptr<const proxy::route::Route>> compile_guards(
    std::shared_ptr<const proxy::route::Route> alone, const proxy::route::GuardSpec& spec,
    const proxy::route::Route* previous);

// The same route with its mirror, if it is to have one. `previous` (or null) is the active route
// that it replaces.
absl::StatusOr<std::shared_ptr<const proxy::route::Route>> compile_mirror(
    std::shared_ptr<const proxy::route::Route> alone,
    const std::optional<proxy::route::MirrorSpec>& spec, const proxy::route::Route* previous,
    std::size_t shards);

// Whether it may lead where it leads, as far as its text says that.
absl::Status check_origin(const proxy::route::Route& route, const net::OriginPolicy& policy);

// Of a resource: what stands in a URL without escapes.
absl::Status check_route_name(std::string_view name);

// The same status, naming the field, for people and for programs: "path: …".
absl::Status at_field(const absl::Status& status, const std::string& field);
// The same status with its field put within another one: "proxies[1].path: …".
absl::Status within_field(const absl::Status& status, const std::string& outer);

}  // namespace mex::routing
