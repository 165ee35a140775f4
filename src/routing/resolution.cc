#include "routing/resolution.h"

#include <utility>

#include "base/status.h"
#include "proxy/route/explanation.h"

namespace mex::routing {

absl::StatusOr<Resolution> resolve(const ProxyRoutes& routes,
                                   const proxy::route::ImaginedRequestSpec& request) {
  constexpr std::size_t kMaxPassedOver = 100;
  MEX_ASSIGN_OR_RETURN(const auto imagined, proxy::route::ImaginedRequest::create(request));
  const proxy::route::RouteTable table = routes.table();
  proxy::route::Explanation explanation =
      proxy::route::explain(table, imagined->routed(), kMaxPassedOver);
  Resolution resolution;
  resolution.destination = imagined->destination(explanation.match);
  resolution.is_complete = explanation.is_complete;
  if (explanation.match.route != nullptr) {
    resolution.route = routes.view_of(explanation.match.route->rule());
  }
  for (proxy::route::PassedOver& each : explanation.passed_over) {
    // One that was deleted since is left out.
    if (auto view = routes.view_of(each.route->rule())) {
      resolution.passed_over.push_back({*std::move(view), std::move(each.reason)});
    }
  }
  return resolution;
}

}  // namespace mex::routing
