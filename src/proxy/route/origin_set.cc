#include "proxy/route/origin_set.h"

#include <utility>

#include "base/check.h"
#include "base/status.h"
#include "http/origin_url.h"

namespace mex::proxy::route {
namespace {

// Not for scripts, and only where the route is: it means nothing to others.
std::string cookie_of(const balance::OriginSetOptions& options, const Route& route,
                      const std::string& id) {
  const std::string_view prefix = route.public_prefix();
  return fmt::format("{}={}; Path={}; HttpOnly; SameSite=Lax", options.balance.cookie, id,
                     prefix.empty() ? "/" : prefix);
}

}  // namespace

absl::StatusOr<std::shared_ptr<const OriginSet>> OriginSet::create(
    const Route& alone, const balance::OriginSetOptions& options, const OriginSet* previous,
    base::SteadyTime now, std::size_t shards) {
  MEX_CHECK(!options.origins.empty(), "a set of origins has one at least");
  std::vector<Member> members;
  for (std::size_t i = 0; i < options.origins.size(); ++i) {
    const balance::OriginOptions& origin = options.origins[i];
    auto url = http::parse_origin_url(origin.url);
    if (!url.ok()) {
      return base::field_error(fmt::format("origins[{}].url", i), base::message_of(url.status()));
    }
    auto route = std::make_shared<const Route>(alone.rule(), *std::move(url),
                                               alone.shared_counters(), alone.action());
    std::string cookie = cookie_of(options, *route, origin.id);
    std::string secure_cookie = cookie + "; Secure";
    members.push_back({std::move(route), std::move(cookie), std::move(secure_cookie)});
  }
  return std::shared_ptr<const OriginSet>(
      new OriginSet(std::move(members), options, previous, now, shards));
}

OriginSet::OriginSet(std::vector<Member> members, const balance::OriginSetOptions& options,
                     const OriginSet* previous, base::SteadyTime now, std::size_t shards)
    : members_(std::move(members)),
      group_(options, previous == nullptr ? nullptr : &previous->group_, now),
      shards_(shards),
      balancers_(std::make_unique<std::atomic<balance::Balancer*>[]>(shards)) {}

OriginSet::~OriginSet() {
  for (std::size_t i = 0; i < shards_; ++i) delete balancers_[i].load(std::memory_order_acquire);
}

balance::Balancer& OriginSet::balancer(std::size_t shard) const {
  MEX_DCHECK(shard < shards_, "a shard beyond those the set was made for");
  balance::Balancer* balancer = balancers_[shard].load(std::memory_order_relaxed);
  if (balancer == nullptr) {
    balancer = new balance::Balancer(group_, shard);
    balancers_[shard].store(balancer, std::memory_order_release);
  }
  return *balancer;
}

}  // namespace mex::proxy::route
