#include "proxy/route/route.h"

#include <utility>

#include "base/status.h"

namespace mex::proxy::route {
namespace {

std::string origin_key_of(const http::OriginUrl& origin) {
  return fmt::format(fmt::runtime(origin.is_ipv6 ? "{}://[{}]:{}" : "{}://{}:{}"),
                     origin.tls ? "https" : "http", origin.host, origin.port);
}

}  // namespace

Route::Route(Rule rule, http::OriginUrl origin, std::shared_ptr<Counters> counters, Action action,
             std::shared_ptr<const OriginSet> origins, std::shared_ptr<const Mirror> mirror,
             std::shared_ptr<LiveOrigins> live_origins)
    : rule_(std::move(rule)),
      action_(std::move(action)),
      origin_(std::move(origin)),
      origin_key_(origin_key_of(origin_)),
      origin_authority_(origin_.authority()),
      counters_(std::move(counters)),
      origins_(std::move(origins)),
      mirror_(std::move(mirror)),
      live_origins_(std::move(live_origins)) {}

std::shared_ptr<const Route> with_mirror(const Route& alone, std::shared_ptr<const Mirror> mirror) {
  return std::make_shared<const Route>(alone.rule(), alone.origin(), alone.shared_counters(),
                                       alone.action(), alone.shared_origins(), std::move(mirror));
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
