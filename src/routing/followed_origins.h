#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "kubernetes/services/service_source.h"
#include "proxy/balance/options.h"
#include "proxy/observed_origin.h"
#include "proxy/route/live_origins.h"
#include "proxy/route/route.h"
#include "routing/service_origin.h"

namespace mex::routing {

bool has_service_origin(const proxy::balance::OriginSetOptions& options);

// The set that a route has in the place of its services, as they are now: each endpoint is an
// origin. A service's weight is shared by its endpoints; of more than there is room for, those
// stay that are in it. Pure.
struct FollowedService {
  ServiceOrigin origin;
  kubernetes::ServiceEndpoints endpoints;
};
// `services` has null for origins that are none.
proxy::balance::OriginSetOptions expand_origins(
    const proxy::balance::OriginSetOptions& options,
    const std::vector<const FollowedService*>& services);

// The origins of one route of which some are services of clusters. Publishes the set anew whenever
// the endpoints of one have changed. Thread-safe. Follows until it is destroyed.
class FollowedOrigins : public std::enable_shared_from_this<FollowedOrigins> {
 public:
  struct Context {
    kubernetes::ServiceSource* source;  // outlives the object
    const base::Clock* clock;
    std::size_t shards;
    std::function<void()> on_publish;  // null: no one wants to know
  };

  // `alone`: the route as it is but for its origins. `previous` (or null) is what it replaces: what
  // is known of endpoints that stay is kept. InvalidArgument names "origins[i].url".
  static absl::StatusOr<std::shared_ptr<FollowedOrigins>> create(
      const proxy::route::Route& alone, const proxy::balance::OriginSetOptions& options,
      const FollowedOrigins* previous, Context context);
  FollowedOrigins(const FollowedOrigins&) = delete;
  FollowedOrigins& operator=(const FollowedOrigins&) = delete;
  ~FollowedOrigins() = default;

  // The route that leads to them.
  const std::shared_ptr<const proxy::route::Route>& route() const { return route_; }
  // The active set; null: there is no origin now.
  std::shared_ptr<const proxy::route::OriginSet> set() const { return live_->published()->set; }
  // In the order of the options; of a service its endpoints, too.
  std::vector<proxy::ObservedOrigin> observe() const;

 private:
  struct Member {
    std::unique_ptr<FollowedService> service;  // null: an origin as any other
    std::uint64_t revision = 0;
    std::unique_ptr<kubernetes::ServiceSource::Subscription> subscription{};
  };

  FollowedOrigins(const proxy::route::Route& alone, proxy::balance::OriginSetOptions options,
                  std::vector<Member> members, Context context);
  void follow();
  void update(std::size_t index, const kubernetes::ServiceEndpoints& endpoints,
              std::uint64_t revision);
  void publish() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::string why_none() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const proxy::balance::OriginSetOptions options_;
  const Context context_;
  const std::shared_ptr<proxy::route::LiveOrigins> live_;
  const std::shared_ptr<const proxy::route::Route> route_;
  mutable base::Mutex mutex_;
  std::vector<Member> members_ ABSL_GUARDED_BY(mutex_);
  bool is_following_ ABSL_GUARDED_BY(mutex_) = false;
  proxy::balance::OriginSetOptions published_ ABSL_GUARDED_BY(mutex_);
  // The last one that had an origin: its endpoints may come back.
  std::shared_ptr<const proxy::route::OriginSet> last_set_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mex::routing
