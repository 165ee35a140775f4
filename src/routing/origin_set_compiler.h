#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "proxy/balance/options.h"
#include "proxy/health/health_checks.h"
#include "proxy/route/origin_set.h"
#include "routing/proxy_route.h"

namespace mex::net {
class OriginPolicy;
}

namespace mex::routing {

// Checks what the route says of its origins and makes it whole: its one origin is the first of
// several, or the only one of a set that says more of it; each origin has an id, the one that it
// had in `previous`. Nothing to do for a route with an origin and no more. Errors name the field.
absl::Status complete_origins(ProxyRoute& route, const proxy::balance::OriginSetOptions& previous);

// The route with its origins, if it has a set of them. `previous` (or null) is the active route
// that it replaces: what is known of origins that stay is kept.
absl::StatusOr<std::shared_ptr<const proxy::route::Route>> compile_origins(
    std::shared_ptr<const proxy::route::Route> alone,
    const proxy::balance::OriginSetOptions& options, const proxy::route::Route* previous,
    base::SteadyTime now, std::size_t shards);

// Whether none of them is where no origin may be, as far as its text says that.
absl::Status check_origins(const proxy::route::OriginSet& set, const net::OriginPolicy& policy);

// The same of those that are no services of clusters.
absl::Status check_fixed_origins(const proxy::balance::OriginSetOptions& options,
                                 const net::OriginPolicy& policy);

// The sets of origins that are to be checked, by the ids of their routes. Not thread-safe.
class CheckedOrigins {
 public:
  // True if something has to be said to the checker.
  bool put(const std::string& id, const proxy::route::Route& route);
  bool erase(const std::string& id) { return sets_.erase(id) > 0; }
  proxy::health::OriginSets sets() const;

 private:
  std::map<std::string, std::shared_ptr<const proxy::route::OriginSet>> sets_;
};

}  // namespace mex::routing
