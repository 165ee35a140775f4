#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "http/head.h"
#include "net/timer.h"
#include "proxy/exchange_notes.h"
#include "proxy/guard/guards.h"
#include "proxy/origin_access.h"
#include "proxy/resend.h"
#include "proxy/route/rewrite.h"
#include "proxy/route/route.h"
#include "proxy/upstream/origin_error.h"
#include "proxy/upstream/origin_stream.h"
#include "server/exchange.h"

namespace mex::proxy {

class MirroredRequest;
class PassedHeaders;
class ShardService;
struct Epoch;

// One request on its way: between the client's exchange and a connection to the origin. Objects are
// pooled by their ShardService and used again and again. Shard thread only.
//
// The way of a request: start → waiting, connecting → (on_origin_ready) → head sent → body streams,
// paused while the origin is behind → response head → body streams back, paused while the client is
// behind → response end → on_closed. An upgrade turns both directions into raw bytes. A failure
// before the response head becomes a 502, 503 or 504; after it, the client's connection is cut, so
// that a truncated answer is never taken for a whole one.
//
// Large because half of its methods are those of the three that it follows.
class ProxyExchange final : private server::RequestHandler,
                            private upstream::OriginStreamHandler,
                            private OriginAccessHandler {
 public:
  explicit ProxyExchange(ShardService& service);
  ProxyExchange(const ProxyExchange&) = delete;
  ProxyExchange& operator=(const ProxyExchange&) = delete;

  // `route` belongs to the snapshot of `epoch`, which stays while the exchange uses it. The path of
  // `target` is in normal form; it is copied unless it lies in the client's own head.
  void start(server::Exchange& client, const route::Route& route,
             const route::RequestTarget& target, Epoch& epoch, guard::Guards::Ticket ticket);

  // For a tunnel of a route that is gone.
  const route::Route& route() const { return *route_; }
  void end_tunnel();

 private:
  // server::RequestHandler
  void on_body(std::string_view bytes) override;
  void on_trailers(const http::HeaderList& trailers) override;
  void on_body_end() override;
  void on_output_drained() override;
  void on_closed(server::CloseReason reason) override;

  // upstream::OriginStreamHandler
  void on_origin_ready() override;
  void on_interim_head(const http::ResponseHead& head) override;
  void on_response_head(const http::ResponseHead& head) override;
  void on_response_body(std::string_view bytes) override;
  void on_response_trailers(const http::HeaderList& trailers) override;
  void on_response_end() override;
  void on_origin_drained() override;
  void on_origin_failed(const upstream::OriginError& error) override;

  // OriginAccessHandler
  void on_access(upstream::OriginStream& stream, const route::Route& route) override;
  void on_access_ended(upstream::OriginFault fault) override;
  queue::ClientMovement client_movement() const override;

  void send_request();
  void want_body();
  PassedHeaders& passed_on(const http::HeaderList& headers);
  void become_tunnel(const http::ResponseHead& head);
  FailedAttempt attempt() const;
  void send_again(const route::Route& route, bool reuse);
  // What the client sees has nothing of the origin but what kind of failure it was.
  void give_up(const upstream::OriginError& error);
  void note_failure(const upstream::OriginError& error);
  void log_end(server::CloseReason reason);
  void count_end();

  struct Progress {
    std::uint64_t body_sent = 0;       // bytes of the request's body handed to the origin's stream
    std::uint64_t max_body = 0;        // of the request; 0: any
    std::uint64_t body_passed_on = 0;  // of the response's, to the client's exchange
    int status = 0;                    // answered; 0: nothing yet
    bool is_request_sent = false;      // its head
    bool is_body_wanted = false;
    bool has_client_body_ended = false;
    bool is_retried = false;
    bool is_tunnel = false;
    bool is_counted = false;
    bool is_protocol_chosen = false;  // the origin has chosen one
  };

  ShardService& service_;
  server::Exchange* client_ = nullptr;
  upstream::OriginStream* origin_ = nullptr;  // null: not asked yet, or done with
  MirroredRequest* mirrored_ = nullptr;       // null: not copied
  const route::Route* route_ = nullptr;
  route::RequestTarget target_;
  std::string path_;  // of target_, where it is not the client's own spelling
  route::CounterSlab* counters_ = nullptr;
  Epoch* epoch_ = nullptr;  // null in a tunnel, which holds its route itself
  std::shared_ptr<const route::Route> tunnel_route_;
  net::Timer continue_timer_;
  OriginAccess access_;
  ExchangeNotes notes_;
  guard::Guards::Ticket ticket_;
  Progress progress_;
};

}  // namespace mex::proxy
