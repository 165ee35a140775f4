#include "proxy/proxy_exchange.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <optional>
#include <string>

#include "http/grpc.h"
#include "proxy/mirrored_request.h"
#include "proxy/passed_headers.h"
#include "proxy/proxy_metrics.h"
#include "proxy/route/public_reference.h"
#include "proxy/shard_service.h"
#include "proxy/upstream/origin_pool.h"
#include "proxy/upstream/origin_request.h"
#include "server/refusal.h"

namespace mex::proxy {
namespace {

using http::KnownHeader;
using upstream::OriginError;
using upstream::OriginFault;

// What nginx logs for a client that left before its answer; never sent.
constexpr int kClientLeft = 499;

// The length a response to HEAD or a 304 would have had.
std::optional<std::uint64_t> announced_length(const http::HeaderList& headers) {
  const std::string_view text = headers.value(KnownHeader::ContentLength);
  std::uint64_t length = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), length);
  const bool whole = parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
  return whole && !text.empty() ? std::optional(length) : std::nullopt;
}

server::BodyLength body_length(const http::ResponseHead& head) {
  switch (head.framing.kind) {
    case http::BodyFraming::Kind::ContentLength:
      return server::BodyLength::exactly(head.framing.length);
    case http::BodyFraming::Kind::Chunked:
    case http::BodyFraming::Kind::UntilClose:
      return server::BodyLength::unknown();
    case http::BodyFraming::Kind::None:
      break;
  }
  const auto length = announced_length(head.headers);
  const bool may_announce = head.status >= 200 && head.status != 204;
  return length && may_announce ? server::BodyLength::exactly(*length) : server::BodyLength::none();
}

bool has_body(const http::RequestHead& request) { return request.framing.has_body(); }

void add_cookie(PassedHeaders& headers, const OriginChoice& choice,
                const server::Exchange& client) {
  const std::string_view cookie = choice.new_cookie(client.connection().tls);
  if (!cookie.empty()) headers.add(http::to_string(KnownHeader::SetCookie), cookie);
}

}  // namespace

ProxyExchange::ProxyExchange(ShardService& service)
    : service_(service),
      continue_timer_(service.loop().timers(), [this] { want_body(); }),
      access_(service, *this, *this) {}

void ProxyExchange::start(server::Exchange& client, const route::Route& route,
                          const route::RequestTarget& target, Epoch& epoch,
                          guard::Guards::Ticket ticket) {
  client_ = &client;
  origin_ = nullptr;
  route_ = &route;
  target_ = target;
  if (target.path.data() != client.request().path.data()) {
    path_ = target.path;
    target_.path = path_;
  }
  counters_ = &route.counters().slab(service_.shard_index());
  epoch_ = &epoch;
  notes_.begin(service_.loop().now(), service_.logs());
  progress_ = {};
  progress_.max_body = route.guards() == nullptr ? 0 : route.guards()->max_body();
  ticket_ = std::move(ticket);
  client.set_handler(*this);
  if (has_body(client.request())) client.pause_body();
  // A call goes on as long as its two sides want it to.
  const bool speaks_http2 = route.action().origin_protocol() != route::OriginProtocol::Http1;
  if (speaks_http2 && http::is_grpc(client.request().headers)) client.allow_pauses();
  mirrored_ = route.mirror() == nullptr ? nullptr
                                        : service_.mirrors().copy(client, route.mirror(), target_);
  access_.start(route, client);
}

void ProxyExchange::on_access(upstream::OriginStream& stream, const route::Route& route) {
  origin_ = &stream;
  route_ = &route;
  if (stream.is_ready()) send_request();
}

void ProxyExchange::on_access_ended(OriginFault fault) {
  continue_timer_.disarm();
  if (origin_ != nullptr) origin_->abandon();
  origin_ = nullptr;
  give_up({fault, std::string(access_.choice().why_none())});
}

// Of a tunnel only what the client does not take: it may have nothing to say for hours.
queue::ClientMovement ProxyExchange::client_movement() const {
  const std::uint64_t pending = client_->output_pending();
  const bool awaits_body = progress_.is_body_wanted && !progress_.has_client_body_ended &&
                           progress_.status == 0 && origin_->output_pending() == 0;
  return {.is_awaited = pending > 0 || awaits_body,
          .moved = progress_.body_sent + progress_.body_passed_on - pending};
}

void ProxyExchange::on_origin_ready() { send_request(); }

void ProxyExchange::send_request() {
  notes_.note_sent();
  if (!service_.send_request(*client_, *route_, target_, access_.limits(), notes_, *origin_)) {
    // The parser lets nothing through that cannot be written (origin_request_fuzz), but one request
    // less is better than one agent less.
    origin_->abandon();
    origin_ = nullptr;
    access_.end();
    progress_.status = 400;
    server::refuse(*client_, 400, "the request cannot be passed on to the origin");
    return;
  }
  progress_.is_request_sent = true;
  // With an empty body, a request that was sent before over a stale connection has ended already.
  if (!has_body(client_->request()) || progress_.has_client_body_ended) {
    origin_->end_body();
  } else if (client_->request().expects_continue) {
    continue_timer_.arm(service_.context().options.continue_timeout);
  } else {
    want_body();
  }
}

void ProxyExchange::want_body() {
  continue_timer_.disarm();
  if (progress_.is_body_wanted) return;
  progress_.is_body_wanted = true;
  client_->resume_body();
}

void ProxyExchange::on_body(std::string_view bytes) {
  const bool is_too_large = progress_.max_body != 0 && !progress_.is_tunnel &&
                            progress_.body_sent + bytes.size() > progress_.max_body;
  if (is_too_large && origin_ != nullptr) {
    ProxyMetrics::get().refused(GuardKind::BodySize);
    return on_access_ended(OriginFault::BodyTooLarge);
  }
  if (mirrored_ != nullptr) mirrored_->send_body(bytes);
  if (origin_ == nullptr || bytes.empty()) return;
  counters_->add_request_bytes(bytes.size());
  progress_.body_sent += bytes.size();
  origin_->send_body(bytes);
  if (origin_->output_pending() >= service_.context().options.high_water) client_->pause_body();
}

void ProxyExchange::on_trailers(const http::HeaderList& trailers) {
  if (origin_ != nullptr && progress_.is_request_sent) origin_->send_trailers(trailers);
}

void ProxyExchange::on_body_end() {
  progress_.has_client_body_ended = true;
  if (mirrored_ != nullptr) mirrored_->end_body();
  if (origin_ == nullptr) return;
  const bool has_sent_head = progress_.is_request_sent && has_body(client_->request());
  if (progress_.is_tunnel || has_sent_head) origin_->end_body();
}

void ProxyExchange::on_origin_drained() { client_->resume_body(); }

void ProxyExchange::on_output_drained() {
  if (origin_ != nullptr) origin_->resume_body();
}

void ProxyExchange::on_interim_head(const http::ResponseHead& head) {
  if (head.status == 100) {
    // The server says 100 itself to a client that waits for it, when the body is wanted.
    if (progress_.is_request_sent && has_body(client_->request())) want_body();
    return;
  }
  client_->send_informational(head.status, passed_on(head.headers).all());
}

void ProxyExchange::on_response_head(const http::ResponseHead& head) {
  continue_timer_.disarm();
  notes_.note_answered();
  OriginChoice& choice = access_.choice();
  if (choice.is_active()) {
    const route::Route* other = choice.after_answer(head.status, attempt(), service_.loop().now());
    if (other != nullptr) {
      origin_->abandon();
      return send_again(*other, true);
    }
  }
  if (head.status == 101) return become_tunnel(head);
  progress_.status = head.status;
  PassedHeaders& headers = passed_on(head.headers);
  headers.apply(route_->action().response_headers());
  if (choice.is_active()) add_cookie(headers, choice, *client_);
  client_->send_head(head.status, headers.all(), body_length(head));
}

PassedHeaders& ProxyExchange::passed_on(const http::HeaderList& headers) {
  const std::string_view host = client_->request().host_text;
  PassedHeaders& passed = service_.passed_headers();
  passed.clear();
  passed.add_all(headers,
                 route::PublicReference(*route_, host.empty() ? route_->origin_authority() : host));
  return passed;
}

void ProxyExchange::become_tunnel(const http::ResponseHead& head) {
  if (upstream::forwarded_upgrade(client_->request()).empty()) {
    origin_->abandon();
    return on_origin_failed({OriginFault::UnaskedUpgrade, {}});
  }
  PassedHeaders& headers = passed_on(head.headers);
  headers.apply(route_->action().response_headers());
  headers.add(http::to_string(KnownHeader::Upgrade), head.headers.value(KnownHeader::Upgrade));
  progress_.status = head.status;
  progress_.is_tunnel = true;
  access_.become_tunnel();
  if (OriginChoice& choice = access_.choice(); choice.is_active()) {
    add_cookie(headers, choice, *client_);
    choice.succeed(head.status, service_.loop().now());
  }
  count_end();
  tunnel_route_ = service_.keep_route(*epoch_, *route_);
  service_.tunnels().begin(*this);
  service_.release(*epoch_);
  epoch_ = nullptr;
  origin_->switch_to_tunnel();
  client_->send_head(head.status, headers.all(), server::BodyLength::none());
  client_->switch_to_tunnel();
}

void ProxyExchange::on_response_body(std::string_view bytes) {
  counters_->add_response_bytes(bytes.size());
  progress_.body_passed_on += bytes.size();
  client_->send_body(bytes);
  if (origin_ != nullptr && client_->output_full()) origin_->pause_body();
}

void ProxyExchange::on_response_trailers(const http::HeaderList& trailers) {
  client_->send_trailers(trailers);
}

void ProxyExchange::on_response_end() {
  if (!progress_.is_tunnel) {
    origin_ = nullptr;
    OriginChoice& choice = access_.choice();
    if (choice.is_active()) choice.succeed(progress_.status, service_.loop().now());
    access_.end();
  }
  client_->end_body();
}

void ProxyExchange::on_origin_failed(const OriginError& error) {
  continue_timer_.disarm();
  const FailedAttempt failed = attempt();
  // No byte of it has left, and the next connection speaks what the origin has chosen.
  if (error.fault == OriginFault::OtherProtocol && !progress_.is_protocol_chosen) {
    progress_.is_protocol_chosen = true;
    return send_again(*route_, true);
  }
  const bool is_stale = is_stale_connection(failed);
  const bool is_resent = is_stale || is_refused(error.fault, failed);
  const route::Route* next = is_resent && !progress_.is_retried ? route_ : nullptr;
  if (OriginChoice& choice = access_.choice(); choice.is_active()) {
    next = choice.after_failure(error.fault, failed, service_.loop().now());
  }
  origin_ = nullptr;
  access_.release();
  if (next == nullptr) {
    give_up(error);
  } else {
    // Other kept connections may be as stale.
    send_again(*next, !is_stale);
  }
}

FailedAttempt ProxyExchange::attempt() const {
  const http::RequestHead& request = client_->request();
  return {.method = request.method,
          .is_answered = progress_.status != 0,
          .is_sent = progress_.is_request_sent,
          .is_body_sent = progress_.body_sent > 0,
          .is_body_to_come = has_body(request) && !progress_.has_client_body_ended,
          .is_connection_reused = origin_ != nullptr && origin_->is_reused(),
          .has_response_begun = origin_ != nullptr && origin_->has_response_begun()};
}

void ProxyExchange::send_again(const route::Route& route, bool reuse) {
  origin_ = nullptr;
  access_.release();
  progress_.is_retried = true;
  notes_.note_retry();
  progress_.is_request_sent = false;
  ProxyMetrics::get().retries.add();
  if (has_body(client_->request())) client_->pause_body();
  progress_.is_body_wanted = false;
  access_.start_again(route, reuse);
}

void ProxyExchange::give_up(const OriginError& error) {
  access_.end();
  if (progress_.status != 0) {
    note_failure(error);
    client_->abort();
    return;
  }
  progress_.status = status_for(error.fault);
  note_failure(error);
  const std::string_view id = notes_.request_id(*client_);
  const std::string line = fmt::format("request {}: the origin {}", id, what_happened(error.fault));
  const server::HeaderView header{http::to_string(KnownHeader::XRequestId), id};
  server::refuse(*client_, progress_.status, line, {&header, 1});
}

void ProxyExchange::note_failure(const OriginError& error) {
  if (error.fault < OriginFault::QueueFull) counters_->origin_failed();
  ProxyMetrics::get().origin_failed(error.fault);
  notes_.note_error(upstream::to_string(error.fault));
  service_.logs().failures.record(*client_, notes_.request_id(*client_), *route_, error,
                                  progress_.status, service_.loop().now());
}

void ProxyExchange::end_tunnel() { client_->abort(); }

void ProxyExchange::count_end() {
  if (progress_.is_counted) return;
  progress_.is_counted = true;
  const auto latency = std::chrono::duration_cast<std::chrono::milliseconds>(service_.loop().now() -
                                                                             notes_.began_at());
  const int status = progress_.status == 0 ? kClientLeft : progress_.status;
  counters_->request_ended(status, latency);
  ProxyMetrics::get().request_ended(status, latency);
}

void ProxyExchange::log_end(server::CloseReason reason) {
  AccessEntry entry = notes_.entry(*client_);
  entry.time = service_.loop().wall_now();
  entry.route = route_->name();
  entry.origin = route_->origin_key();
  const server::ResponseProgress response = client_->response_progress();
  entry.status = response.status == 0 ? kClientLeft : response.status;
  entry.bytes_in = progress_.body_sent;
  entry.bytes_out = response.body_bytes;
  if (entry.error.empty()) entry.error = error_word(reason);
  service_.logs().access.record(entry);
}

void ProxyExchange::on_closed(server::CloseReason reason) {
  if (service_.logs().access.is_on()) log_end(reason);
  continue_timer_.disarm();
  if (origin_ != nullptr) origin_->abandon();
  origin_ = nullptr;
  if (mirrored_ != nullptr) mirrored_->leave();
  mirrored_ = nullptr;
  client_ = nullptr;
  access_.end();
  ticket_ = {};
  count_end();
  if (progress_.is_tunnel) service_.tunnels().end(*this);
  if (epoch_ != nullptr) service_.release(*epoch_);
  epoch_ = nullptr;
  tunnel_route_.reset();
  access_.choice().let_go();
  service_.give_back(*this);
}

}  // namespace mex::proxy
