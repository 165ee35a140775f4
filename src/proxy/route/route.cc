#include "proxy/route/route.h"

#include <utility>

#include "base/status.h"

namespace mex::proxy::route {
namespace {

std::string origin_key_of(const http::OriginUrl& origin) {
  return fmt::format(fmt::runtime(origin.is_ipv6 ? "{}://[{}]:{}" : "{}://{}:{}"),
                     origin.tls ? "https" : "http", origin.host, origin.port);
}

template <typename Companion>
std::shared_ptr<const Route> with(const Route& route, Companion Route::Companions::*which,
                                  Companion companion) {
  Route::Companions companions = route.companions();
  companions.*which = std::move(companion);
  return std::make_shared<const Route>(route.rule(), route.origin(), route.shared_counters(),
                                       route.action(), std::move(companions));
}

}  // namespace

Route::Route(Rule rule, http::OriginUrl origin, std::shared_ptr<Counters> counters, Action action,
             Companions companions)
    : rule_(std::move(rule)),
      action_(std::move(action)),
      origin_(std::move(origin)),
      origin_key_(origin_key_of(origin_)),
      origin_authority_(origin_.authority()),
      counters_(std::move(counters)),
      companions_(std::move(companions)) {}

std::shared_ptr<const Route> with_origins(const Route& route,
                                          std::shared_ptr<const OriginSet> origins) {
  return with(route, &Route::Companions::origins, std::move(origins));
}

std::shared_ptr<const Route> with_live_origins(const Route& route,
                                               std::shared_ptr<LiveOrigins> live_origins) {
  return with(route, &Route::Companions::live_origins, std::move(live_origins));
}

std::shared_ptr<const Route> with_mirror(const Route& route, std::shared_ptr<const Mirror> mirror) {
  return with(route, &Route::Companions::mirror, std::move(mirror));
}

std::shared_ptr<const Route> with_guards(const Route& route,
                                         std::shared_ptr<const guard::Guards> guards) {
  return with(route, &Route::Companions::guards, std::move(guards));
}

absl::StatusOr<std::shared_ptr<const Route>> make_route(std::string_view path,
                                                        std::string_view origin,
                                                        std::shared_ptr<Counters> counters,
                                                        RoutePart& at_fault) {
  at_fault = RoutePart::Path;
  MEX_ASSIGN_OR_RETURN(PathPattern pattern, PathPattern::parse(path));
  at_fault = RoutePart::Origin;
  MEX_ASSIGN_OR_RETURN(http::OriginUrl url, http::parse_origin_url(origin));
  return std::make_shared<const Route>(Rule{{}, std::move(pattern), {}}, std::move(url),
                                       std::move(counters));
}

absl::StatusOr<std::shared_ptr<const Route>> make_route(Rule rule, Action action,
                                                        std::string_view origin,
                                                        std::shared_ptr<Counters> counters) {
  http::OriginUrl url;
  if (action.leads_to_origin()) {
    MEX_ASSIGN_OR_RETURN(url, http::parse_origin_url(origin));
  } else if (!origin.empty()) {
    return base::error(absl::StatusCode::kInvalidArgument,
                       "must be left out where there is a redirect or an answer");
  }
  return std::make_shared<const Route>(std::move(rule), std::move(url), std::move(counters),
                                       std::move(action));
}

}  // namespace mex::proxy::route
