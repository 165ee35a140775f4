#include "server/http2/stream.h"

#include <array>

#include "base/check.h"
#include "http/grpc.h"
#include "server/refusal.h"

namespace mex::server::http2 {
namespace {

constexpr int kContinue = 100;
constexpr int kSwitchingProtocols = 101;

bool is_success(int status) { return status >= 200 && status < 300; }

}  // namespace

Stream::Stream(ConnectionContext& context)
    : context_(context),
      head_(context.options.limits),
      response_(context),
      held_(context.buffers),
      body_timer_(context.loop.timers(), [this] { on_body_timeout(); }),
      output_timer_(context.loop.timers(), [this] {
        context_.metrics.count_timeout();
        reset(NGHTTP2_CANCEL);
        finish(CloseReason::Timeout);
      }) {}

void Stream::open(StreamOwner& owner, std::int32_t id) {
  owner_ = &owner;
  handler_ = nullptr;
  id_ = id;
  phase_ = Phase::Head;
  is_changed_ = is_admitted_ = is_rejected_ = is_paused_ = may_pause_ = false;
  has_data_come_ = has_input_ended_ = has_request_ended_ = has_tunnel_ended_ = false;
  has_sent_continue_ = was_output_full_ = is_aborted_ = is_reset_ = is_closed_ = false;
  has_end_gone_ = is_reset_by_client_ = false;
  closed_reason_ = CloseReason::Completed;
}

void Stream::close() {
  body_timer_.disarm();
  output_timer_.disarm();
  head_.reset();
  held_.clear();
  trailers_.clear();
  response_.discard();
}

void Stream::begin(bool has_body) {
  phase_ = Phase::Body;
  // A WebSocket's request is complete; what comes behind it is the tunnel's.
  has_input_ended_ = !has_body;
  response_.begin(owner_->library(), id_, request().method);
  owner_->note_change(*this);
  context_.service.on_request(*this);
  if (handler_ == nullptr && !response_.has_ended()) {
    // A service that neither answers nor takes the request must not leave its client waiting.
    response_.send_failure();
    return;
  }
  if (!is_paused_) continue_if_awaited();
}

void Stream::reject(int status, std::string_view line) {
  is_rejected_ = true;
  phase_ = Phase::Finished;
  response_.begin(owner_->library(), id_, http::Method::Other);
  response_.send_text(status, line);
  watch_output(true);
}

void Stream::refuse(int status, std::string_view line) {
  if (!http::is_grpc(request().headers)) return reject(status, line);
  is_rejected_ = true;
  phase_ = Phase::Finished;
  response_.begin(owner_->library(), id_, request().method);
  response_.send_head(200, GrpcRefusal(status, line).headers(), BodyLength::none(), false);
  response_.end();
}

void Stream::finish(CloseReason reason) {
  body_timer_.disarm();
  held_.clear();
  if (!is_open()) return;
  // The handler may not call the exchange any more, and must not be called again.
  phase_ = Phase::Finished;
  owner_->note_change(*this);
  if (RequestHandler* handler = std::exchange(handler_, nullptr)) handler->on_closed(reason);
}

void Stream::reset(std::uint32_t error_code) {
  if (is_reset_ || is_closed_) return;
  is_reset_ = true;
  response_.discard();
  output_timer_.disarm();
  nghttp2_submit_rst_stream(owner_->library(), NGHTTP2_FLAG_NONE, id_, error_code);
  owner_->note_change(*this);
}

bool Stream::takes_body() const {
  if (is_paused_ || is_aborted_) return false;
  return phase_ == Phase::Tunnel || (phase_ == Phase::Body && !head_.is_websocket());
}

void Stream::on_data(std::string_view bytes) {
  has_data_come_ = true;
  if (!is_open() || is_aborted_) return;
  body_timer_.disarm();
  if (!takes_body() || !held_.empty()) {
    held_.append(bytes);  // bounded by the stream's window
  } else {
    deliver(bytes);
  }
  owner_->note_change(*this);
}

// The client may send as many again.
void Stream::deliver(std::string_view bytes) {
  if (phase_ == Phase::Body && response_.has_ended()) return;
  if (handler_ != nullptr) handler_->on_body(bytes);
  nghttp2_session_consume_stream(owner_->library(), id_, bytes.size());
}

void Stream::deliver_held() {
  while (takes_body() && !held_.empty()) {
    std::array<iovec, 1> piece{};
    if (held_.pieces(piece) == 0) return;
    const std::size_t size = piece[0].iov_len;
    deliver({static_cast<const char*>(piece[0].iov_base), size});
    held_.consume(size);
  }
}

void Stream::on_input_end() {
  has_input_ended_ = true;
  owner_->note_change(*this);
}

void Stream::deliver_end() {
  if (is_aborted_) return;
  const bool is_whole = has_input_ended_ && held_.empty();
  if (!has_request_ended_ && (is_whole || head_.is_websocket())) {
    has_request_ended_ = true;
    if (handler_ != nullptr && !response_.has_ended() && !trailers_.empty()) {
      http::HeaderList trailers;
      trailers_.read(trailers);
      handler_->on_trailers(trailers);
    }
    if (handler_ != nullptr && !response_.has_ended()) handler_->on_body_end();
  }
  if (phase_ == Phase::Tunnel && is_whole && !has_tunnel_ended_) {
    has_tunnel_ended_ = true;
    if (handler_ != nullptr) handler_->on_body_end();
  }
}

void Stream::advance() {
  if (is_open()) deliver_held();
  if (is_open()) deliver_end();
  if (is_open() && was_output_full_ &&
      response_.pending() <= context_.options.output_high_water / 2) {
    was_output_full_ = false;
    if (!response_.has_ended() && handler_ != nullptr) handler_->on_output_drained();
  }
  if (!is_open()) return;
  if (is_aborted_) {
    reset(phase_ == Phase::Tunnel ? NGHTTP2_CANCEL : NGHTTP2_INTERNAL_ERROR);
    return finish(CloseReason::Aborted);
  }
  const bool is_complete = response_.has_ended() && (phase_ == Phase::Body || has_tunnel_ended_);
  if (is_complete) return finish(CloseReason::Completed);
  if (is_closed_ && closed_reason_ != CloseReason::Completed) return finish(closed_reason_);
  watch_body();
}

// Deadlines for the client to send.
void Stream::watch_body() {
  if (phase_ == Phase::Tunnel || may_pause_) {
    if (!body_timer_.armed()) body_timer_.arm(context_.options.tunnel_idle_timeout);
  } else if (awaits_client() && response_.pending() == 0 && !body_timer_.armed()) {
    body_timer_.arm(context_.options.body_idle_timeout);
  }
}

// And to take.
void Stream::watch_output(bool has_moved) {
  if (response_.pending() == 0) {
    output_timer_.disarm();
  } else if (has_moved || !output_timer_.armed()) {
    output_timer_.arm(context_.options.write_timeout);
  }
}

bool Stream::awaits_client() const {
  if (!is_open()) return response_.pending() > 0;
  const bool awaits_body =
      phase_ == Phase::Body && !has_input_ended_ && takes_body() && !response_.has_ended();
  return awaits_body || response_.pending() > 0;
}

void Stream::on_body_timeout() {
  context_.metrics.count_timeout();
  const bool is_answerable = phase_ == Phase::Body && !response_.has_head() && !may_pause_;
  if (is_answerable) response_.note_refusal(408);
  finish(CloseReason::Timeout);
  if (is_answerable) {
    is_rejected_ = true;
    response_.send_text(408, "the request's body took too long");
    watch_output(true);
  } else {
    reset(NGHTTP2_CANCEL);
  }
}

void Stream::move_body(std::size_t bytes, net::OutputQueue& output) {
  response_.move(bytes, output);
  watch_output(true);
  if (phase_ == Phase::Tunnel || may_pause_) body_timer_.disarm();
  if (is_open()) owner_->note_change(*this);
}

// The request's rest is not worth reading (RFC 9113 section 8.1).
void Stream::on_end_sent() {
  has_end_gone_ = true;
  if (!has_input_ended_ && phase_ != Phase::Tunnel) reset(NGHTTP2_NO_ERROR);
}

void Stream::on_stream_closed() {
  is_closed_ = true;
  output_timer_.disarm();
  response_.discard();
  // Where a response has no body, its handler may not have ended it yet.
  if (!has_end_gone_) {
    closed_reason_ = is_reset_by_client_ ? CloseReason::ClientClosed : CloseReason::ClientFault;
  }
  owner_->note_change(*this);
}

void Stream::on_connection_input_end() {
  if (has_input_ended_) return;
  reset(NGHTTP2_CANCEL);
  finish(CloseReason::ClientClosed);
}

bool Stream::may_send() const {
  return is_open() && !response_.has_ended() && !is_aborted_ && (!is_closed_ || has_end_gone_);
}

bool Stream::output_full() const {
  return response_.pending() >= context_.options.output_high_water;
}

void Stream::pause_body() {
  is_paused_ = true;
  // Now it is not the client who is slow.
  if (phase_ == Phase::Body) body_timer_.disarm();
}

void Stream::resume_body() {
  if (!is_paused_ || !is_open()) return;
  is_paused_ = false;
  continue_if_awaited();
  owner_->note_change(*this);
}

// RFC 9110 section 10.1.1: the body is wanted, and the client may be waiting to hear so.
void Stream::continue_if_awaited() {
  const bool is_awaited = phase_ == Phase::Body && request().expects_continue &&
                          !has_sent_continue_ && !response_.has_head();
  // A body that has begun to arrive needs no invitation.
  if (is_awaited && !has_data_come_ && !has_input_ended_) send_informational(kContinue, {});
}

void Stream::send_informational(int status, std::span<const HeaderView> headers) {
  if (!may_send() || response_.has_head()) return;
  response_.send_informational(status, headers);
  if (status == kContinue) has_sent_continue_ = true;
  owner_->note_change(*this);
}

void Stream::send_head(int status, std::span<const HeaderView> headers, BodyLength length) {
  MEX_DCHECK(!response_.has_head(), "a response has one head");
  if (!may_send() || response_.has_head()) return;
  if (head_.is_websocket() && is_success(status)) {
    // To the client this would be a WebSocket (RFC 8441 section 5).
    response_.send_text(501, "there is no WebSocket here");
  } else {
    response_.send_head(status, headers, length,
                        status == kSwitchingProtocols && head_.is_websocket());
  }
  watch_output(false);
  owner_->note_change(*this);
}

void Stream::send_body(std::string_view bytes) {
  if (!may_send() || bytes.empty()) return;
  MEX_DCHECK(response_.has_head(), "the head comes before the body");
  if (!response_.has_head()) return;
  if (!response_.send_body(bytes)) return abort();
  if (output_full()) was_output_full_ = true;
  watch_output(false);
  owner_->note_change(*this);
}

void Stream::send_trailers(const http::HeaderList& trailers) {
  if (may_send() && phase_ == Phase::Body && response_.has_head()) {
    response_.send_trailers(trailers);
  }
}

void Stream::end_body() {
  if (!may_send()) return;
  if (!response_.end()) return abort();
  owner_->note_change(*this);
}

void Stream::switch_to_tunnel() {
  if (!may_send() || !head_.is_websocket()) return;
  phase_ = Phase::Tunnel;
  owner_->note_change(*this);
}

void Stream::abort() {
  const bool is_answered = phase_ == Phase::Body && response_.has_ended();
  if (!is_open() || is_answered) return;
  is_aborted_ = true;
  owner_->note_change(*this);
}

}  // namespace mex::server::http2
