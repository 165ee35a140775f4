#pragma once

#include <cstddef>
#include <set>
#include <string>

#include "base/clock.h"
#include "base/mutex.h"
#include "routing/proxy_routes.h"

namespace mex::routing {

// What /metrics says of single routes and their origins, within bounds: of 100,000 routes the
// busiest have series. A route that has some keeps them for as long as it is there, so that no
// series comes and goes by chance. What the others do is in the sums over all (mex_proxy_*).
// Thread-safe.
class RouteMetrics {
 public:
  static constexpr std::size_t kMaxRoutes = 200;
  static constexpr std::size_t kMaxOrigins = 1000;  // of all these routes together

  // Both outlive this object.
  RouteMetrics(const ProxyRoutes& routes, const base::Clock& clock)
      : routes_(routes), clock_(clock) {}
  RouteMetrics(const RouteMetrics&) = delete;
  RouteMetrics& operator=(const RouteMetrics&) = delete;

  // In the Prometheus text format; empty while no route has had a request.
  std::string text();

 private:
  using Active = ProxyRoutes::Active;
  std::vector<Active> choose() ABSL_LOCKS_EXCLUDED(mutex_);

  const ProxyRoutes& routes_;
  const base::Clock& clock_;
  base::Mutex mutex_;
  std::set<std::string> shown_ ABSL_GUARDED_BY(mutex_);  // ids
};

}  // namespace mex::routing
