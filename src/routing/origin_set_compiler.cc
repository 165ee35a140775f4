#include "routing/origin_set_compiler.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/random_id.h"
#include "base/status.h"
#include "http/origin_url.h"
#include "net/origin_policy.h"
#include "routing/route_compiler.h"
#include "routing/service_origin.h"

namespace mex::routing {
namespace {

using proxy::balance::OriginOptions;
using proxy::balance::OriginSetOptions;
using proxy::route::OriginSet;
using proxy::route::Route;

constexpr std::size_t kIdLength = 12;

auto find_url(const std::vector<OriginOptions>& origins, const std::string& url) {
  return std::find_if(origins.begin(), origins.end(),
                      [&url](const OriginOptions& origin) { return origin.url == url; });
}

}  // namespace

absl::Status complete_origins(ProxyRoute& route, const OriginSetOptions& previous) {
  OriginSetOptions& set = route.origin_set;
  if (is_service_origin(route.origin)) {
    const absl::Status status = parse_service_origin(route.origin).status();
    if (!status.ok()) return at_field(status, "origin");
    // Its endpoints are a set.
    if (set.origins.empty()) set.origins.push_back({route.origin, 1, ""});
  }
  if (set == OriginSetOptions()) return absl::OkStatus();
  if (route.action.redirect || route.action.answer) {
    return base::field_error("origins", "must be left out where there is a redirect or an answer");
  }
  if (set.origins.empty()) set.origins.push_back({route.origin, 1, ""});
  if (!route.origin.empty() && find_url(set.origins, route.origin) == set.origins.end()) {
    return base::field_error("origin", "must be one of the origins, or be left out");
  }
  MEX_RETURN_IF_ERROR(proxy::balance::check(set, ""));
  route.origin = set.origins.front().url;
  for (OriginOptions& origin : set.origins) {
    if (!origin.id.empty()) continue;
    const auto before = find_url(previous.origins, origin.url);
    origin.id = before == previous.origins.end() ? base::random_id(kIdLength) : before->id;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<const Route>> compile_origins(std::shared_ptr<const Route> alone,
                                                             const OriginSetOptions& options,
                                                             const Route* previous,
                                                             base::SteadyTime now,
                                                             std::size_t shards) {
  if (options.empty()) return alone;
  const OriginSet* before = previous == nullptr ? nullptr : previous->origins();
  MEX_ASSIGN_OR_RETURN(auto set, OriginSet::create(*alone, options, before, now, shards));
  return proxy::route::with_origins(*alone, std::move(set));
}

absl::Status check_fixed_origins(const OriginSetOptions& options, const net::OriginPolicy& policy) {
  for (std::size_t i = 0; i < options.origins.size(); ++i) {
    const auto url = http::parse_origin_url(options.origins[i].url);
    if (!url.ok()) continue;  // a service: its endpoints are checked when they are connected to
    const absl::Status status = policy.check_literal(url->host, url->port);
    if (!status.ok()) return at_field(status, fmt::format("origins[{}].url", i));
  }
  return absl::OkStatus();
}

absl::Status check_origins(const OriginSet& set, const net::OriginPolicy& policy) {
  for (std::size_t i = 0; i < set.group().size(); ++i) {
    const auto& origin = set.route_to(i).origin();
    const absl::Status status = policy.check_literal(origin.host, origin.port);
    if (!status.ok()) return at_field(status, fmt::format("origins[{}].url", i));
  }
  return absl::OkStatus();
}

bool CheckedOrigins::put(const std::string& id, const Route& route) {
  const auto& set = route.shared_origins();
  const bool is_checked =
      set != nullptr && set->options().health_check.type != proxy::balance::CheckType::None;
  if (!is_checked) return erase(id);
  sets_.insert_or_assign(id, set);
  return true;
}

proxy::health::OriginSets CheckedOrigins::sets() const {
  proxy::health::OriginSets all;
  for (const auto& [id, set] : sets_) all.push_back(set);
  return all;
}

}  // namespace mex::routing
