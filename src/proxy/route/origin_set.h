#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "proxy/balance/balanced_origins.h"
#include "proxy/balance/balancer.h"
#include "proxy/route/route.h"

namespace mex::proxy::route {

// The several origins of a route. Each of them is a separate route, with the same path and
// counters, that leads to this origin alone: past the choice, nothing on a request's way knows that
// there were others. Immutable but for what is known of the origins; any thread.
class OriginSet {
 public:
  // Of `alone`, the route as it is but for its origins. InvalidArgument names "origins[i].url".
  // Origins that `previous` (or null) has, too, keep their health and their numbers.
  static absl::StatusOr<std::shared_ptr<const OriginSet>> create(
      const Route& alone, const balance::OriginSetOptions& options, const OriginSet* previous,
      base::SteadyTime now, std::size_t shards);
  OriginSet(const OriginSet&) = delete;
  OriginSet& operator=(const OriginSet&) = delete;
  ~OriginSet();

  const balance::BalancedOrigins& group() const { return group_; }
  const balance::OriginSetOptions& options() const { return group_.options(); }
  const Route& route_to(std::size_t index) const { return *members_[index].route; }
  // The value of Set-Cookie that binds a client to an origin.
  const std::string& cookie_for(std::size_t index, bool is_tls) const {
    return is_tls ? members_[index].secure_cookie : members_[index].cookie;
  }

  // Called by the thread of shard `shard` only.
  balance::Balancer& balancer(std::size_t shard) const;
  std::size_t shards() const { return shards_; }

 private:
  struct Member {
    std::shared_ptr<const Route> route;
    std::string cookie;
    std::string secure_cookie;
  };

  OriginSet(std::vector<Member> members, const balance::OriginSetOptions& options,
            const OriginSet* previous, base::SteadyTime now, std::size_t shards);

  const std::vector<Member> members_;
  const balance::BalancedOrigins group_;
  const std::size_t shards_;
  // Made when a shard first serves the route, as its counters are.
  const std::unique_ptr<std::atomic<balance::Balancer*>[]> balancers_;
};

}  // namespace mex::proxy::route
