#include "server/http1/stream.h"

#include <utility>

#include "base/check.h"
#include "http/field_line.h"

namespace mex::server::http1 {
namespace {

constexpr int kContinue = 100;

}  // namespace

void Stream::begin(Connection& connection, std::size_t head_length) {
  connection_ = &connection;
  handler_ = nullptr;
  phase_ = Phase::Body;
  body_error_ = http::ParseError::None;
  is_body_paused_ = false;
  has_sent_continue_ = false;
  is_aborted_ = false;
  wants_tunnel_ = false;
  was_output_full_ = false;
  connection.deadline().disarm();
  request_.begin_body(connection.input(), head_length);
  response_.begin(request(), connection.output());
  context_.service.on_request(*this);
  if (handler_ == nullptr && !response_.has_ended()) {
    // A service that neither answers nor takes the request must not leave its client waiting.
    response_.send_failure();
    return;
  }
  if (!is_body_paused_) continue_if_awaited();
}

void Stream::finish(CloseReason reason) {
  if (!is_open()) return;
  // The handler may not call the exchange any more, and must not be called again.
  phase_ = Phase::Finished;
  if (RequestHandler* handler = std::exchange(handler_, nullptr)) handler->on_closed(reason);
}

Stream::Progress Stream::process_input() {
  while (phase_ == Phase::Body) {
    if (request_.has_ended()) {
      return response_.has_ended() && !is_aborted_ ? Progress::Complete : Progress::Waiting;
    }
    if (!deliver_body()) {
      return body_error_ == http::ParseError::None ? Progress::Waiting : Progress::Malformed;
    }
  }
  deliver_tunnel();
  return Progress::Waiting;
}

// One step; true if there may be another one.
bool Stream::deliver_body() {
  if (is_aborted_) return false;
  const bool is_answered = response_.has_ended();
  if (is_answered && !response_.keeps_connection()) {
    give_up_request();
    return true;
  }
  if (!request_.has_whole_body()) {
    if (is_body_paused_ && !is_answered) return false;
    const std::string_view bytes = request_.unread(connection_->input());
    if (bytes.empty()) {
      connection_->deadline().arm(context_.options.body_idle_timeout);
      return false;
    }
    const http::BodyStep step = request_.take_body(bytes);
    const bool is_malformed = step.error != http::ParseError::None;
    if (is_answered) {
      if (is_malformed || !request_.discard(step.consumed, context_.options.discard_limit)) {
        give_up_request();
        return true;
      }
    } else if (is_malformed) {
      body_error_ = step.error;
      return false;
    } else if (!step.payload.empty() && handler_ != nullptr) {
      handler_->on_body(step.payload);
    }
    request_.consume(connection_->input(), step.consumed);
  }
  if (request_.has_whole_body()) {
    request_.end();
    connection_->deadline().disarm();
    if (handler_ != nullptr && !response_.has_ended()) deliver_trailers();
    if (handler_ != nullptr && !response_.has_ended()) handler_->on_body_end();
    if (wants_tunnel_) begin_tunnel();
  }
  return true;
}

void Stream::deliver_trailers() {
  if (request_.trailers().empty()) return;
  http::HeaderList trailers;
  // A request with more of them than a list holds goes on with those that it holds.
  http::parse_field_lines(request_.trailers(), trailers);
  handler_->on_trailers(trailers);
}

void Stream::deliver_tunnel() {
  net::Buffer& input = connection_->input();
  while (phase_ == Phase::Tunnel && !is_body_paused_ && !is_aborted_) {
    const std::string_view bytes = request_.unread(input);
    if (bytes.empty()) return;
    connection_->deadline().arm(context_.options.tunnel_idle_timeout);
    if (handler_ != nullptr) handler_->on_body(bytes);
    request_.consume(input, bytes.size());
  }
}

void Stream::give_up_request() {
  response_.end_connection();
  request_.end();
}

bool Stream::wants_input() const {
  if (is_aborted_) return false;
  if (phase_ == Phase::Tunnel) return !is_body_paused_;
  return !request_.has_ended() && (!is_body_paused_ || response_.has_ended());
}

void Stream::on_input_end() {
  if (phase_ == Phase::Tunnel) {
    if (handler_ != nullptr) handler_->on_body_end();
    return;
  }
  // Behind a whole request the client may have closed its side only, and wait for its response.
  if (request_.has_ended()) return;
  if (!response_.has_ended()) return connection_->fail();
  give_up_request();
  connection_->wake();
}

void Stream::on_output_sent() {
  const std::size_t high_water = context_.options.output_high_water;
  if (phase_ == Phase::Tunnel) connection_->deadline().arm(context_.options.tunnel_idle_timeout);
  if (!was_output_full_ || output_pending() > high_water / 2) return;
  was_output_full_ = false;
  if (handler_ != nullptr && !response_.has_ended()) handler_->on_output_drained();
}

bool Stream::output_full() const { return output_pending() >= context_.options.output_high_water; }

void Stream::pause_body() {
  is_body_paused_ = true;
  // Now it is not the client who is slow.
  if (phase_ == Phase::Body) connection_->deadline().disarm();
}

void Stream::resume_body() {
  if (!is_body_paused_ || !is_open()) return;
  is_body_paused_ = false;
  continue_if_awaited();
  connection_->wake();
}

// RFC 9110 section 10.1.1: the body is wanted, and the client may be waiting to hear so.
void Stream::continue_if_awaited() {
  if (phase_ != Phase::Body || !request().expects_continue || has_sent_continue_ ||
      response_.has_head()) {
    return;
  }
  // A body that has begun to arrive needs no invitation.
  if (request_.has_whole_body() || !request_.unread(connection_->input()).empty()) return;
  send_informational(kContinue, {});
}

void Stream::send_informational(int status, std::span<const HeaderView> headers) {
  if (!may_send() || response_.has_head()) return;
  response_.send_informational(status, headers);
  if (status == kContinue && request().version != http::Version::Http10) has_sent_continue_ = true;
  connection_->wake();
}

void Stream::send_head(int status, std::span<const HeaderView> headers, BodyLength length) {
  MEX_DCHECK(!response_.has_head(), "a response has one head");
  if (!may_send() || response_.has_head()) return;
  const bool is_body_uninvited = request().expects_continue && !has_sent_continue_ &&
                                 !request_.has_ended() &&
                                 request_.unread(connection_->input()).empty();
  if (is_body_uninvited || connection_->input_ended()) response_.end_connection();
  response_.send_head(status, headers, length);
  connection_->wake();
}

void Stream::send_body(std::string_view bytes) {
  if (!may_send() || bytes.empty()) return;
  MEX_DCHECK(response_.has_head(), "the head comes before the body");
  if (!response_.has_head()) return;
  if (!response_.send_body(bytes)) return abort();
  if (output_full()) was_output_full_ = true;
  connection_->wake();
}

void Stream::send_trailers(const http::HeaderList& trailers) {
  if (!may_send() || phase_ == Phase::Tunnel) return;
  response_.send_trailers(trailers);
  connection_->wake();
}

void Stream::end_body() {
  if (!may_send()) return;
  if (!response_.end()) return abort();
  if (phase_ == Phase::Tunnel) connection_->end_output();
  connection_->wake();
}

void Stream::switch_to_tunnel() {
  if (!may_send()) return;
  wants_tunnel_ = true;
  response_.begin_tunnel();
  response_.end_connection();
  // With a request body still to come, the tunnel begins behind it.
  if (request_.has_ended()) begin_tunnel();
  connection_->deadline().arm(context_.options.tunnel_idle_timeout);
  connection_->wake();
}

void Stream::begin_tunnel() {
  phase_ = Phase::Tunnel;
  if (response_.has_ended()) connection_->end_output();
}

void Stream::abort() {
  const bool is_answered = phase_ == Phase::Body && response_.has_ended();
  if (!is_open() || is_answered) return;
  is_aborted_ = true;
  connection_->abort(CloseReason::Aborted);
  connection_->wake();
}

}  // namespace mex::server::http1
