#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "proxy/balance/balancer.h"
#include "proxy/resend.h"
#include "proxy/route/live_origins.h"
#include "proxy/route/origin_set.h"
#include "proxy/upstream/origin_error.h"
#include "proxy/upstream/origin_limits.h"
#include "server/exchange.h"

namespace mex::proxy {

// Which of a route's origins one request goes to, and to which next. Of a route with one origin it
// knows nothing and does nothing. Shard thread only.
class OriginChoice {
 public:
  // A request that goes by what its client asks with. `route` has_choice() and outlives this; what
  // went before is over. If its origins come and go and there is none now, it is not active then.
  void start(const route::Route& route, const server::Exchange& client, std::size_t shard);
  static bool has_choice(const route::Route& route) {
    return route.origins() != nullptr || route.live_origins() != nullptr;
  }
  bool is_active() const { return set_ != nullptr; }
  // Of a route whose origins come and go, if there is none now; else empty.
  std::string_view why_none() const;

  // Chooses, as if nothing had been tried. The route that leads to the origin; null if all that are
  // healthy have as many requests as they may have.
  const route::Route* first(base::SteadyTime now);
  // There was no connection to the origin: it has had no request. The next one; null: there is
  // none.
  const route::Route* pass_over(base::SteadyTime now);

  // The origin has answered; what is said first of an attempt counts.
  void succeed(int status, base::SteadyTime now);
  // The origin has failed. Where the request goes now; null: nowhere.
  const route::Route* after_failure(upstream::OriginFault fault, const FailedAttempt& attempt,
                                    base::SteadyTime now);
  // The head of an answer has come. Where the request goes instead of its being passed on; null:
  // it is passed on.
  const route::Route* after_answer(int status, const FailedAttempt& attempt, base::SteadyTime now);

  // The origin is done with the request, or the client is: at the latest now.
  void end(base::SteadyTime now);
  // No route that was chosen is used any more.
  void let_go() { live_.reset(); }
  // While it is active.
  const route::OriginSet& set() const { return *set_; }

  // What a client has to send back so that its next request goes to the same origin; may be empty.
  std::string_view new_cookie(bool is_tls) const;
  std::chrono::milliseconds total_timeout() const { return options().timeouts.total; }
  upstream::OriginLimits limits() const;

 private:
  const balance::OriginSetOptions& options() const { return set_->options(); }
  const balance::BalancedOrigins& group() const { return set_->group(); }
  const route::Route* pick(base::SteadyTime now);
  const route::Route* next(base::SteadyTime now);
  void report(balance::Outcome outcome, std::uint8_t fault, base::SteadyTime now);
  void release(base::SteadyTime now);
  void take_back(base::SteadyTime now);

  const route::OriginSet* set_ = nullptr;
  // Has the set, if the route's origins come and go: it stays for as long as its routes are used.
  route::LiveOrigins::VersionPtr live_;
  std::size_t shard_ = 0;
  balance::PickRequest request_;
  std::size_t index_ = 0;
  int attempts_ = 0;
  bool has_request_ = false;  // the origin at index_ counts it
  bool is_trial_ = false;
  bool is_reported_ = false;
};

}  // namespace mex::proxy
