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

namespace mex::proxy::route {

class LiveOrigins;
class Mirror;
class OriginSet;

// Requests of the public side and what becomes of them. Immutable but for its counters; held by
// shared pointers of the tables it is in.
class Route {
 public:
  // `counters` may be those of the route that this one replaces.
  Route(Rule rule, http::OriginUrl origin, std::shared_ptr<Counters> counters, Action action = {},
        std::shared_ptr<const OriginSet> origins = nullptr,
        std::shared_ptr<const Mirror> mirror = nullptr,
        std::shared_ptr<LiveOrigins> live_origins = nullptr);
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

  // Where it leads instead, if it has several; else null.
  const OriginSet* origins() const { return origins_.get(); }
  const std::shared_ptr<const OriginSet>& shared_origins() const { return origins_; }

  // What gets copies of its requests; null: nothing does.
  const std::shared_ptr<const Mirror>& mirror() const { return mirror_; }

  // The same where they come and go without a change of the route; else null.
  LiveOrigins* live_origins() const { return live_origins_.get(); }

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
  std::shared_ptr<const OriginSet> origins_;
  std::shared_ptr<const Mirror> mirror_;
  std::shared_ptr<LiveOrigins> live_origins_;
};

// The same route, whose requests are copied from now on.
std::shared_ptr<const Route> with_mirror(const Route& alone, std::shared_ptr<const Mirror> mirror);

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
