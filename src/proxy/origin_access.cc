#include "proxy/origin_access.h"

#include <algorithm>

#include "proxy/client_address.h"
#include "proxy/proxy_metrics.h"
#include "proxy/shard_service.h"
#include "proxy/upstream/origin_endpoint.h"
#include "proxy/upstream/origin_pool.h"
#include "proxy/upstream/origin_request.h"

namespace mex::proxy {
namespace {

using queue::Attempt;
using upstream::OriginFault;

}  // namespace

OriginAccess::OriginAccess(ShardService& service, OriginAccessHandler& handler,
                           upstream::OriginStreamHandler& stream_handler)
    : service_(service),
      handler_(handler),
      stream_handler_(stream_handler),
      seat_(*this),
      queue_timer_(service.loop().timers(), [this] { refuse(OriginFault::QueueTimeout); }),
      total_timer_(service.loop().timers(), [this] { refuse(OriginFault::OverallTimeout); }) {}

void OriginAccess::start(const route::Route& route, const server::Exchange& client) {
  route_ = &route;
  full_ = OriginFault::TooManyConnections;
  is_upgrade_ = !upstream::forwarded_upgrade(client.request()).empty();
  if (OriginChoice::has_choice(route)) {
    choice_.start(route, client, service_.shard_index());
    if (!choice_.is_active()) return refuse(OriginFault::NoOrigin);
    if (choice_.total_timeout().count() != 0) total_timer_.arm(choice_.total_timeout());
  }
  queue::OriginQueue& queue = service_.queue();
  queue.enter(seat_, server::ClientKey::of(client_address(client, service_.context())));
  const bool is_behind_others = queue.waiting() > 0 && queue.is_contended(lane());
  const Attempt attempt = is_behind_others ? Attempt::AllFull : try_to_begin();
  if (attempt != Attempt::Begun) wait(attempt);
}

// What becomes a tunnel is spoken in HTTP/1.1, whatever else the origin speaks.
upstream::OriginEndpoint& OriginAccess::endpoint(const route::Route& route) const {
  return is_upgrade_ ? service_.origins().endpoint_for(route, route::OriginProtocol::Http1)
                     : service_.origins().endpoint_for(route);
}

// All versions of a route with several origins have the same counters, and share its origins; of
// one origin all routes to it share the connections.
const void* OriginAccess::lane() const {
  if (choice_.is_active()) return route_->shared_counters().get();
  return &endpoint(*route_);
}

void OriginAccess::start_again(const route::Route& route, bool reuse) {
  if (!connect(&route, reuse)) refuse(OriginFault::TooManyConnections);
}

Attempt OriginAccess::try_to_begin() {
  const Attempt attempt = service_.queue().attempt(seat_);
  if (attempt != Attempt::Begun) return attempt;
  const base::SteadyTime now = service_.loop().now();
  const route::Route* const route = choice_.is_active() ? choice_.first(now) : route_;
  full_ = route == nullptr ? OriginFault::TooManyRequests : OriginFault::TooManyConnections;
  if (connect(route, true)) return Attempt::Begun;
  if (seat_.turn == nullptr || max_wait(Attempt::OriginFull).count() != 0) {
    return Attempt::OriginFull;
  }
  // It waited for the agent's limit, and meets one that it is not to wait for.
  refuse(full_);
  return Attempt::Begun;
}

// Origins that have as many connections as they may are passed over.
bool OriginAccess::connect(const route::Route* route, bool reuse) {
  while (route != nullptr) {
    upstream::OriginEndpoint& origin = endpoint(*route);
    upstream::OriginStream* const stream = origin.acquire(stream_handler_, reuse, limits());
    if (stream != nullptr) {
      queue_timer_.disarm();
      service_.queue().hold(seat_, choice_.is_active()
                                       ? static_cast<const void*>(route_->shared_counters().get())
                                       : &origin);
      const ProxyMetrics& metrics = ProxyMetrics::get();
      (stream->is_ready() ? metrics.connections_reused : metrics.connections_opened).add();
      handler_.on_access(*stream, *route);
      return true;
    }
    route = choice_.is_active() ? choice_.pass_over(service_.loop().now()) : nullptr;
  }
  return false;
}

void OriginAccess::wait(Attempt attempt) {
  const std::chrono::milliseconds time = max_wait(attempt);
  if (time.count() == 0) return refuse(full_);
  if (!service_.queue().wait(seat_, lane(), max_waiting())) return refuse(OriginFault::QueueFull);
  queue_timer_.arm(time);
}

// A route's own limits are answered at once, unless it says how long a request waits for them.
std::chrono::milliseconds OriginAccess::max_wait(Attempt attempt) const {
  if (!choice_.is_active()) return service_.context().options.queue_timeout;
  const balance::OriginSetOptions& options = choice_.set().options();
  if (options.queue.timeout.count() != 0) return options.queue.timeout;
  const bool has_limit = options.limits.max_requests != 0 || options.limits.max_connections != 0;
  const bool is_own_limit = attempt == Attempt::OriginFull && has_limit;
  return is_own_limit ? std::chrono::milliseconds(0) : service_.context().options.queue_timeout;
}

std::size_t OriginAccess::max_waiting() const {
  const int own = choice_.is_active() ? choice_.set().options().queue.max_requests : 0;
  if (own == 0) return service_.context().options.max_queue;
  return std::max<std::size_t>(static_cast<std::size_t>(own) / choice_.set().shards(), 1);
}

void OriginAccess::on_displaced() { refuse(OriginFault::QueueFull); }

void OriginAccess::on_cut(queue::Cut reason) {
  refuse(reason == queue::Cut::Stalled ? OriginFault::ClientStalled : OriginFault::ClientShare);
}

void OriginAccess::refuse(OriginFault fault) {
  end();
  handler_.on_access_ended(fault);
}

void OriginAccess::release() { service_.queue().release(seat_); }

void OriginAccess::become_tunnel() { total_timer_.disarm(); }

void OriginAccess::end() {
  queue_timer_.disarm();
  total_timer_.disarm();
  service_.queue().leave(seat_);
  if (choice_.is_active()) choice_.end(service_.loop().now());
}

upstream::OriginLimits OriginAccess::limits() const {
  return choice_.is_active() ? choice_.limits() : upstream::OriginLimits();
}

}  // namespace mex::proxy
