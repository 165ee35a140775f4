#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "http/origin_url.h"
#include "proxy/route/action.h"
#include "proxy/route/counters.h"
#include "proxy/route/rule.h"

namespace mex::proxy::guard {
class Guards;
}

namespace mex::proxy::route {

class LiveOrigins;
class Mirror;
class OriginSet;

// Requests of the public side and what becomes of them. Immutable but for its counters; held by
// shared pointers of the tables it is in.
class Route {
 public:
  // What not every route has; each may be null.
  struct Companions {
    std::shared_ptr<const OriginSet> origins;     // where it leads instead, if it has several
    std::shared_ptr<LiveOrigins> live_origins;    // the same where they come and go
    std::shared_ptr<const Mirror> mirror;         // what gets copies of its requests
    std::shared_ptr<const guard::Guards> guards;  // what is asked of its requests
  };

  // `counters` may be those of the route that this one replaces.
  Route(Rule rule, http::OriginUrl origin, std::shared_ptr<Counters> counters, Action action = {},
        Companions companions = {});
  Route(const Route&) = delete;
  Route& operator=(const Route&) = delete;

  const Rule& rule() const { return rule_; }
  const PathPattern& pattern() const { return rule_.path; }
  std::string_view key() const { return pattern().key(); }
  // For logs and metrics: that of the resource, or its path.
  std::string_view name() const {
    return counters_->name().empty() ? std::string_view(pattern().text()) : counters_->name();
  }
  // What is cut off paths: the key without a slash at its end; empty for "/".
  std::string_view public_prefix() const {
    return key().ends_with('/') ? key().substr(0, key().size() - 1) : key();
  }
  const Action& action() const { return action_; }
  // Meaningless unless the action leads to it.
  const http::OriginUrl& origin() const { return origin_; }

  const Companions& companions() const { return companions_; }
  const OriginSet* origins() const { return companions_.origins.get(); }
  const std::shared_ptr<const OriginSet>& shared_origins() const { return companions_.origins; }
  // These change without a change of the route.
  LiveOrigins* live_origins() const { return companions_.live_origins.get(); }
  const std::shared_ptr<const Mirror>& mirror() const { return companions_.mirror; }
  const std::shared_ptr<const guard::Guards>& guards() const { return companions_.guards; }

  // scheme://host:port of the origin: equal for origins that may share connections.
  const std::string& origin_key() const { return origin_key_; }

  // host[:port] of the origin, as a header carries it.
  const std::string& origin_authority() const { return origin_authority_; }

  // Counting does not change where requests go, so it is allowed on a const route.
  Counters& counters() const { return *counters_; }
  const std::shared_ptr<Counters>& shared_counters() const { return counters_; }

 private:
  Rule rule_;
  Action action_;
  http::OriginUrl origin_;
  std::string origin_key_;
  std::string origin_authority_;
  std::shared_ptr<Counters> counters_;
  Companions companions_;
};

// The same route with one companion more, or another one.
std::shared_ptr<const Route> with_origins(const Route& route,
                                          std::shared_ptr<const OriginSet> origins);
std::shared_ptr<const Route> with_live_origins(const Route& route,
                                               std::shared_ptr<LiveOrigins> live_origins);
std::shared_ptr<const Route> with_mirror(const Route& route, std::shared_ptr<const Mirror> mirror);
std::shared_ptr<const Route> with_guards(const Route& route,
                                         std::shared_ptr<const guard::Guards> guards);

// A route for any request with this path, from what an operator writes, or InvalidArgument;
// `at_fault` says which part it is about.
enum class RoutePart { Path, Origin };
absl::StatusOr<std::shared_ptr<const Route>> make_route(std::string_view path,
                                                        std::string_view origin,
                                                        std::shared_ptr<Counters> counters,
                                                        RoutePart& at_fault);

// Any route from its checked parts; `origin` is empty where the action leads to none.
// InvalidArgument is about the origin.
absl::StatusOr<std::shared_ptr<const Route>> make_route(Rule rule, Action action,
                                                        std::string_view origin,
                                                        std::shared_ptr<Counters> counters);

}  // namespace mex::proxy::route
