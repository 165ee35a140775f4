#include "proxy/upstream/http1/stream.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "http/field_line.h"
#include "http/header_list.h"
#include "http/trailers.h"
#include "http/writer.h"
#include "proxy/options.h"

namespace mex::proxy::upstream::http1 {
namespace {

// The origin's "Keep-Alive: timeout=5, max=100" in seconds, if it sends one.
std::optional<std::chrono::seconds> announced_timeout(const http::HeaderList& headers) {
  std::optional<std::chrono::seconds> announced;
  constexpr std::string_view kParameter = "timeout=";
  http::for_each_list_element(
      headers.value(http::KnownHeader::KeepAlive), [&](std::string_view element) {
        if (!element.starts_with(kParameter)) return;
        unsigned seconds = 0;
        const char* end = element.data() + element.size();
        const auto parsed = std::from_chars(element.data() + kParameter.size(), end, seconds);
        if (parsed.ec == std::errc() && parsed.ptr == end) {
          announced = std::chrono::seconds(seconds);
        }
      });
  return announced;
}

std::chrono::milliseconds idle_timeout_for(const Options& options,
                                           const http::HeaderList& headers) {
  const auto announced = announced_timeout(headers);
  if (!announced) return options.idle_timeout;
  return std::min(options.idle_timeout, *announced - options.idle_margin);
}

std::chrono::milliseconds or_default(std::chrono::milliseconds timeout, const Options& options) {
  return timeout.count() != 0 ? timeout : options.origin_timeout;
}

}  // namespace

OriginStream& Stream::open_stream(OriginStreamHandler& handler) {
  handler_ = &handler;
  return *this;
}

void Stream::on_connected() {
  state_ = State::Idle;
  handler_->on_origin_ready();
}

bool Stream::send_head(const OriginRequest& request) {
  net::OutputQueue& output = connection_.output();
  const std::span<char> space = output.reserve(origin_request_size(request));
  const std::size_t written = write_origin_request(request, space);
  if (written == 0) return false;
  output.commit(written);
  state_ = State::Head;
  method_ = request.client.method;
  parser_.reset(method_);
  exchange_ = {};
  const Options& options = connection_.options();
  exchange_.first_byte_timeout = or_default(request.limits.first_byte_timeout, options);
  exchange_.piece_timeout = or_default(request.limits.idle_timeout, options);
  exchange_.is_chunked = request.client.framing.kind == http::BodyFraming::Kind::Chunked;
  exchange_.has_announced_trailers = request.client.headers.has(http::KnownHeader::Trailer);
  connection_.flush_soon();
  return true;
}

void Stream::send_body(std::string_view bytes) {
  if (!connection_.is_writable()) return;
  net::OutputQueue& output = connection_.output();
  if (exchange_.is_chunked && state_ != State::Tunnel) {
    output.append(http::ChunkPrefix(bytes.size()).text());
    output.append(bytes);
    output.append(http::kChunkSuffix);
  } else {
    output.append(bytes);
  }
  if (output.size() >= connection_.options().high_water) exchange_.was_output_full = true;
  connection_.flush_soon();
}

// An origin that does not know of trailers takes what is behind the last chunk for the next request
// if it is careless; so they go only where their client has announced them (RFC 9110
// section 6.6.2).
void Stream::send_trailers(const http::HeaderList& trailers) {
  const bool is_expected = exchange_.is_chunked && exchange_.has_announced_trailers;
  const std::size_t size = http::last_chunk_size(trailers);
  if (!is_expected || state_ == State::Tunnel || !connection_.is_writable()) return;
  if (exchange_.has_last_chunk || size > net::BufferPool::kMaxBlock) return;
  net::OutputQueue& output = connection_.output();
  const std::size_t written = http::write_last_chunk(trailers, output.reserve(size));
  output.commit(written);
  exchange_.has_last_chunk = written > 0;
  connection_.flush_soon();
}

void Stream::end_body() {
  if (state_ == State::Tunnel) return connection_.end_output();
  if (exchange_.is_chunked && connection_.is_writable() && !exchange_.has_last_chunk) {
    connection_.output().append(http::kLastChunk);
    connection_.flush_soon();
  }
  exchange_.has_request_ended = true;
  on_progress();
}

void Stream::resume_body() {
  if (!exchange_.is_paused) return;
  exchange_.is_paused = false;
  connection_.receive_soon();
}

void Stream::switch_to_tunnel() {
  state_ = State::Tunnel;
  connection_.deadline().disarm();
}

void Stream::abandon() {
  state_ = State::Idle;
  handler_ = nullptr;
  connection_.close();
}

bool Stream::process_input() {
  bool more = true;
  while (more && !exchange_.is_paused) {
    switch (state_) {
      case State::Head:
        more = process_head();
        break;
      case State::Body:
      case State::Tunnel:
        more = process_body();
        break;
      case State::Connecting:
      case State::Idle:
        return false;
    }
  }
  return !exchange_.is_paused && state_ != State::Idle;
}

// These two give true if there may be more to do.
bool Stream::process_head() {
  net::Buffer& input = connection_.input();
  if (input.empty()) return false;
  exchange_.has_response_begun = true;
  const http::ParseOutcome outcome = parser_.feed(input.readable());
  if (outcome.state == http::ParseOutcome::State::NeedMore) return false;
  if (outcome.state == http::ParseOutcome::State::Rejected) {
    const bool is_large = outcome.error == http::ParseError::HeadTooLarge ||
                          outcome.error == http::ParseError::TooManyHeaders;
    connection_.fail({is_large ? OriginFault::HeadTooLarge : OriginFault::HeadMalformed,
                      std::string(http::to_string(outcome.error))});
    return false;
  }
  const http::ResponseHead& head = parser_.head();
  const bool is_interim = head.status < 200 && head.status != 101;
  if (is_interim) {
    if (++exchange_.interim_heads > connection_.options().max_interim_responses) {
      connection_.fail({OriginFault::TooManyInterim, {}});
      return false;
    }
    handler_->on_interim_head(head);
  } else {
    state_ = State::Body;
    body_ = http::BodyReader(head.framing);
    idle_timeout_ = idle_timeout_for(connection_.options(), head.headers);
    exchange_.keeps_connection = head.keep_alive && idle_timeout_.count() > 0 &&
                                 head.framing.kind != http::BodyFraming::Kind::UntilClose;
    handler_->on_response_head(head);
  }
  if (!connection_.is_open()) return false;
  input.consume(outcome.head_length);
  if (is_interim) parser_.reset(method_);
  if (state_ == State::Body && body_.done()) finish_response();
  return connection_.is_open();
}

bool Stream::process_body() {
  net::Buffer& input = connection_.input();
  if (input.empty()) return false;
  if (state_ == State::Tunnel) {
    handler_->on_response_body(input.readable());
    if (connection_.is_open()) input.clear();
    return false;
  }
  const http::BodyStep step = body_.take(input.readable());
  if (step.error != http::ParseError::None) {
    connection_.fail({OriginFault::BodyMalformed, std::string(http::to_string(step.error))});
    return false;
  }
  if (!step.payload.empty()) handler_->on_response_body(step.payload);
  if (!connection_.is_open()) return false;
  input.consume(step.consumed);
  if (!body_.done()) return true;
  deliver_trailers();
  if (!connection_.is_open()) return false;
  finish_response();
  return false;
}

void Stream::deliver_trailers() {
  if (body_.trailers().empty()) return;
  http::HeaderList trailers;
  // An answer with more of them than a list holds goes on with those that it holds.
  http::parse_field_lines(body_.trailers(), trailers);
  handler_->on_response_trailers(trailers);
}

void Stream::on_input_end() {
  if (state_ == State::Tunnel) {
    handler_->on_response_end();
  } else if (state_ == State::Body && body_.on_end_of_stream()) {
    finish_response();
  } else {
    connection_.fail({OriginFault::ClosedEarly, state_ == State::Body ? "within the body" : ""});
  }
}

void Stream::finish_response() {
  OriginStreamHandler* handler = std::exchange(handler_, nullptr);
  state_ = State::Idle;
  const bool can_follow = exchange_.keeps_connection && exchange_.has_request_ended;
  if (can_follow) connection_.deadline().arm(idle_timeout_);
  if (can_follow && connection_.release()) {
    is_reused_ = true;
  } else {
    connection_.close();
  }
  handler->on_response_end();
}

void Stream::on_output_sent() {
  if (!exchange_.was_output_full || output_pending() > connection_.options().high_water / 2) return;
  exchange_.was_output_full = false;
  handler_->on_origin_drained();
}

// The deadline runs while it is the origin's turn: not while the client holds up the response or
// has not sent its request; the server's own deadlines watch over the client.
void Stream::on_progress() {
  if (state_ != State::Head && state_ != State::Body) return;
  const bool is_clients_turn =
      !exchange_.has_request_ended && connection_.output().empty() && !exchange_.has_response_begun;
  if (exchange_.is_paused || is_clients_turn) {
    connection_.deadline().disarm();
  } else {
    connection_.deadline().arm(exchange_.has_response_begun ? exchange_.piece_timeout
                                                            : exchange_.first_byte_timeout);
  }
}

void Stream::on_deadline() {
  if (state_ == State::Idle) {
    connection_.close();
  } else {
    connection_.fail({OriginFault::Timeout, {}});
  }
}

void Stream::on_failed(OriginError error) {
  state_ = State::Idle;
  if (OriginStreamHandler* handler = std::exchange(handler_, nullptr)) {
    handler->on_origin_failed(error);
  }
}

}  // namespace mex::proxy::upstream::http1
