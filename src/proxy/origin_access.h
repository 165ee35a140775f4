#pragma once

#include <chrono>

#include "net/timer.h"
#include "proxy/origin_choice.h"
#include "proxy/queue/seat.h"
#include "proxy/route/route.h"
#include "proxy/upstream/origin_endpoint.h"
#include "proxy/upstream/origin_error.h"
#include "proxy/upstream/origin_limits.h"
#include "proxy/upstream/origin_stream.h"
#include "server/exchange.h"

namespace mex::proxy {

class ShardService;

// Follows an OriginAccess.
class OriginAccessHandler {
 public:
  // A stream to the origin that the route leads to; its handler is the one that start() was given.
  virtual void on_access(upstream::OriginStream& stream, const route::Route& route) = 0;
  // There is no stream, or it has to be given up now, for a reason that is none of the origin's.
  virtual void on_access_ended(upstream::OriginFault fault) = 0;
  // While there is a stream.
  virtual queue::ClientMovement client_movement() const = 0;

 protected:
  ~OriginAccessHandler() = default;
};

// One request's way to a connection to an origin of its route: which origin, the wait for a
// connection where there is none, and the time that all of it may take. Used again and again. Shard
// thread only.
class OriginAccess final : private queue::Waiter {
 public:
  OriginAccess(ShardService& service, OriginAccessHandler& handler,
               upstream::OriginStreamHandler& stream_handler);
  OriginAccess(const OriginAccess&) = delete;
  OriginAccess& operator=(const OriginAccess&) = delete;

  // The handler is called within the call or later.
  void start(const route::Route& route, const server::Exchange& client);
  // Once more, by a route that choice() has named, or by the same one. Does not wait in the queue.
  void start_again(const route::Route& route, bool reuse);
  // The origin has done with the request: its connection is another one's. What choice() knows
  // stays.
  void release();
  // The exchange has become a tunnel: it has no end that could come too late.
  void become_tunnel();
  // The request is over. May be called again.
  void end();

  OriginChoice& choice() { return choice_; }
  upstream::OriginLimits limits() const;

 private:
  // queue::Waiter
  queue::Attempt try_to_begin() override;
  void on_displaced() override;
  queue::ClientMovement client_movement() const override { return handler_.client_movement(); }
  void on_cut(queue::Cut reason) override;

  bool connect(const route::Route* route, bool reuse);
  void wait(queue::Attempt attempt);
  upstream::OriginEndpoint& endpoint(const route::Route& route) const;
  const void* lane() const;
  void refuse(upstream::OriginFault fault);
  std::chrono::milliseconds max_wait(queue::Attempt attempt) const;
  std::size_t max_waiting() const;

  ShardService& service_;
  OriginAccessHandler& handler_;
  upstream::OriginStreamHandler& stream_handler_;
  const route::Route* route_ = nullptr;  // of the request, before the choice of an origin
  OriginChoice choice_;
  queue::Seat seat_;
  net::Timer queue_timer_;
  net::Timer total_timer_;  // of routes that say how long an exchange may take
  upstream::OriginFault full_{};
  bool is_upgrade_ = false;
};

}  // namespace mex::proxy
