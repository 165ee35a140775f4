#include "routing/route_compiler.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/status.h"
#include "net/origin_policy.h"
#include "proxy/guard/guards.h"
#include "routing/origin_set_compiler.h"
#include "routing/service_origin.h"

namespace mex::routing {
namespace {

using proxy::route::Action;
using proxy::route::Conditions;
using proxy::route::HostPattern;
using proxy::route::Mirror;
using proxy::route::PathPattern;
using proxy::route::Route;
using proxy::route::Rule;

constexpr std::size_t kMaxNameLength = 100;

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

template <typename Value>
absl::StatusOr<Value> named(absl::StatusOr<Value> value, const char* field) {
  if (value.ok()) return value;
  return at_field(value.status(), field);
}

absl::StatusOr<PathPattern> path_of(const ProxyRoute& route, std::size_t shards) {
  switch (route.path_type) {
    case PathType::Exact:
      return PathPattern::parse_exact(route.path);
    case PathType::Regex:
      return PathPattern::parse_regex(route.path, shards);
    case PathType::Pattern:
      break;
  }
  return PathPattern::parse(route.path);
}

}  // namespace

absl::Status at_field(const absl::Status& status, const std::string& field) {
  base::ErrorDetail detail;
  detail.field = field;
  return base::with_detail(base::annotate(status, field), detail);
}

absl::Status within_field(const absl::Status& status, const std::string& outer) {
  base::ErrorDetail detail = base::detail_of(status);
  if (detail.field.empty()) return base::annotate(status, outer);
  detail.field = fmt::format("{}.{}", outer, detail.field);
  return base::with_detail(
      absl::Status(status.code(), fmt::format("{}.{}", outer, base::message_of(status))), detail);
}

absl::StatusOr<Rule> rule_of(const ProxyRoute& route, std::size_t shards) {
  MEX_ASSIGN_OR_RETURN(PathPattern path, named(path_of(route, shards), "path"));
  MEX_ASSIGN_OR_RETURN(HostPattern host, named(HostPattern::parse(route.host), "host"));
  MEX_ASSIGN_OR_RETURN(Conditions conditions, Conditions::create(route.conditions));
  return Rule{std::move(host), std::move(path), std::move(conditions)};
}

absl::StatusOr<std::shared_ptr<const Route>> compile_route(
    const ProxyRoute& route, Rule rule, std::shared_ptr<proxy::route::Counters> counters) {
  MEX_ASSIGN_OR_RETURN(Action action, Action::create(route.action));
  if (absl::Status status = check_rewrite(rule, action.path_rewrite()); !status.ok()) {
    return at_field(status, "path_rewrite");
  }
  std::string origin = route.origin;
  if (is_service_origin(origin)) {
    MEX_ASSIGN_OR_RETURN(const ServiceOrigin service,
                         named(parse_service_origin(origin), "origin"));
    origin = service.placeholder();
  }
  return named(
      proxy::route::make_route(std::move(rule), std::move(action), origin, std::move(counters)),
      "origin");
}

absl::StatusOr<std::shared_ptr<const Route>> compile_guards(std::shared_ptr<const Route> alone,
                                                            const proxy::route::GuardSpec& spec,
                                                            const Route* previous) {
  if (spec == proxy::route::GuardSpec()) return alone;
  MEX_ASSIGN_OR_RETURN(auto guards, proxy::guard::Guards::create(spec));
  if (previous != nullptr && previous->guards() != nullptr) {
    guards->continue_from(*previous->guards());
  }
  return proxy::route::with_guards(*alone, std::move(guards));
}

absl::StatusOr<std::shared_ptr<const Route>> compile_mirror(
    std::shared_ptr<const Route> alone, const std::optional<proxy::route::MirrorSpec>& spec,
    const Route* previous, std::size_t shards) {
  if (!spec) return alone;
  const Mirror* before = previous == nullptr ? nullptr : previous->mirror().get();
  MEX_ASSIGN_OR_RETURN(auto mirror, Mirror::create(*alone, *spec, before, shards));
  return proxy::route::with_mirror(*alone, std::move(mirror));
}

absl::Status check_origin(const Route& route, const net::OriginPolicy& policy) {
  if (!route.action().leads_to_origin()) return absl::OkStatus();
  if (route.mirror() != nullptr) {
    const http::OriginUrl& mirror = route.mirror()->route().origin();
    const absl::Status status = policy.check_literal(mirror.host, mirror.port);
    if (!status.ok()) return at_field(status, "mirror.origin");
  }
  if (route.origins() != nullptr) return check_origins(*route.origins(), policy);
  const absl::Status status = policy.check_literal(route.origin().host, route.origin().port);
  return status.ok() ? status : at_field(status, "origin");
}

absl::Status check_route_name(std::string_view name) {
  const bool is_good =
      !name.empty() && name.size() <= kMaxNameLength && is_alphanumeric(name.front()) &&
      std::all_of(name.begin(), name.end(),
                  [](char c) { return is_alphanumeric(c) || c == '-' || c == '_' || c == '.'; });
  if (is_good) return absl::OkStatus();
  return base::field_error(
      "name", fmt::format("must be 1 to {} letters, digits, '-', '_' and '.', and begin with a "
                          "letter or a digit",
                          kMaxNameLength));
}

}  // namespace mex::routing
