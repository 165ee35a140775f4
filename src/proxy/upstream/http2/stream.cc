#include "proxy/upstream/http2/stream.h"

#include <array>
#include <utility>

#include "http/grpc.h"
#include "http/header_list.h"

namespace mex::proxy::upstream::http2 {
namespace {

using server::http2::Trailers;

std::optional<OriginFault> fault_of(ResponseHead::Fault fault) {
  switch (fault) {
    case ResponseHead::Fault::None:
      return std::nullopt;
    case ResponseHead::Fault::Malformed:
      return OriginFault::HeadMalformed;
    case ResponseHead::Fault::TooLarge:
      return OriginFault::HeadTooLarge;
    case ResponseHead::Fault::Endless:
      return OriginFault::FramesMalformed;
  }
  return OriginFault::HeadMalformed;
}

std::optional<OriginFault> fault_of(Trailers::Fault fault) {
  switch (fault) {
    case Trailers::Fault::None:
      return std::nullopt;
    case Trailers::Fault::Malformed:
      return OriginFault::BodyMalformed;
    case Trailers::Fault::Endless:
      return OriginFault::FramesMalformed;
  }
  return OriginFault::BodyMalformed;
}

}  // namespace

Stream::Stream(OriginContext& context)
    : context_(context),
      body_(context.buffers),
      held_(context.buffers),
      deadline_(context.loop.timers(), [this] { on_deadline(); }) {}

OriginStream& Stream::open(StreamOwner& owner, OriginStreamHandler& handler, bool is_reused) {
  owner_ = &owner;
  handler_ = &handler;
  id_ = 0;
  interim_heads_ = 0;
  failure_.reset();
  is_reused_ = is_reused;
  is_changed_ = is_paused_ = has_request_ended_ = has_response_begun_ = has_final_head_ = false;
  has_input_ended_ = was_output_full_ = is_reset_ = is_reset_by_origin_ = is_closed_ = false;
  return *this;
}

void Stream::close() {
  deadline_.disarm();
  head_.reset();
  trailers_.clear();
  body_.discard();
  held_.clear();
}

void Stream::on_connected() {
  if (handler_ != nullptr) handler_->on_origin_ready();
}

bool Stream::send_head(const OriginRequest& request) {
  method_ = request.client.method;
  const bool has_body = request.client.framing.has_body();
  const nghttp2_data_provider provider = body_.provider();
  id_ = owner_->submit(request, *this, has_body ? &provider : nullptr);
  if (id_ == 0) return false;
  body_.begin(owner_->library(), id_);
  // A call has its client's deadline (grpc-timeout), or none; TCP notices a machine that is gone.
  const std::chrono::milliseconds usual = http::is_grpc(request.client.headers)
                                              ? std::chrono::milliseconds(0)
                                              : context_.options.origin_timeout;
  const auto or_default = [usual](std::chrono::milliseconds timeout) {
    return timeout.count() != 0 ? timeout : usual;
  };
  first_byte_timeout_ = or_default(request.limits.first_byte_timeout);
  piece_timeout_ = or_default(request.limits.idle_timeout);
  owner_->note_change(*this);
  return true;
}

void Stream::send_body(std::string_view bytes) {
  if (is_closed_ || is_reset_ || id_ == 0) return;
  body_.append(bytes);
  if (body_.pending() >= context_.options.high_water) was_output_full_ = true;
  owner_->note_change(*this);
}

void Stream::send_trailers(const http::HeaderList& trailers) {
  if (!is_closed_ && !is_reset_ && id_ != 0) body_.keep_trailers(trailers);
}

void Stream::end_body() {
  if (is_closed_ || is_reset_ || id_ == 0) return;
  has_request_ended_ = true;
  body_.end();
  owner_->note_change(*this);
}

void Stream::pause_body() { is_paused_ = true; }

void Stream::resume_body() {
  if (!is_paused_) return;
  is_paused_ = false;
  owner_->note_change(*this);
}

void Stream::abandon() {
  handler_ = nullptr;
  leave(NGHTTP2_CANCEL);
}

// What is left of the exchange is not wanted.
void Stream::leave(std::uint32_t error_code) {
  deadline_.disarm();
  held_.clear();
  body_.discard();
  owner_->note_change(*this);
  if (id_ == 0 || is_closed_ || is_reset_) return;
  is_reset_ = true;
  nghttp2_submit_rst_stream(owner_->library(), NGHTTP2_FLAG_NONE, id_, error_code);
}

std::optional<OriginFault> Stream::on_field(std::string_view name, std::string_view value) {
  has_response_begun_ = true;
  return has_final_head_ ? fault_of(trailers_.add(name, value)) : fault_of(head_.add(name, value));
}

void Stream::on_head(bool ends) {
  has_response_begun_ = true;
  if (has_final_head_) {
    // Trailers, which nghttp2 takes only with the end of the stream.
    if (ends) on_input_end();
    return;
  }
  if (const auto fault = fault_of(head_.finish(method_, ends))) return give_up(*fault, "");
  const bool is_interim = head_.is_interim();
  if (is_interim && ++interim_heads_ > context_.options.max_interim_responses) {
    return give_up(OriginFault::TooManyInterim, "");
  }
  has_final_head_ = !is_interim;
  if (handler_ != nullptr && !is_reset_) {
    if (is_interim) {
      handler_->on_interim_head(head_.head());
    } else {
      handler_->on_response_head(head_.head());
    }
  }
  if (is_interim) head_.reset();
  if (ends) on_input_end();
  owner_->note_change(*this);
}

void Stream::on_input_end() {
  has_input_ended_ = true;
  owner_->note_change(*this);
}

void Stream::on_data(std::string_view bytes) {
  if (handler_ == nullptr || is_reset_) return;
  if (!takes_body() || !held_.empty()) {
    held_.append(bytes);  // bounded by the stream's window
  } else {
    deliver(bytes);
  }
  owner_->note_change(*this);
}

// The origin may send as many again.
void Stream::deliver(std::string_view bytes) {
  handler_->on_response_body(bytes);
  if (!is_closed_) nghttp2_session_consume_stream(owner_->library(), id_, bytes.size());
}

void Stream::deliver_held() {
  while (takes_body() && !held_.empty()) {
    std::array<iovec, 1> piece{};
    if (held_.pieces(piece) == 0) return;
    const std::size_t size = piece[0].iov_len;
    deliver({static_cast<const char*>(piece[0].iov_base), size});
    // Given up meanwhile, it holds nothing any more.
    if (!held_.empty()) held_.consume(size);
  }
}

void Stream::advance() {
  if (handler_ == nullptr) return;
  if (failure_) return fail(*std::exchange(failure_, std::nullopt));
  deliver_held();
  if (handler_ == nullptr) return;
  if (has_input_ended_ && held_.empty()) return finish();
  if (was_output_full_ && body_.pending() <= context_.options.high_water / 2) {
    was_output_full_ = false;
    handler_->on_origin_drained();
    if (handler_ == nullptr) return;
  }
  watch();
}

void Stream::finish() {
  if (!trailers_.empty()) {
    http::HeaderList trailers;
    trailers_.read(trailers);
    handler_->on_response_trailers(trailers);
    if (handler_ == nullptr) return;
  }
  OriginStreamHandler* const handler = std::exchange(handler_, nullptr);
  // The request's rest is not worth sending.
  if (has_request_ended_ && body_.pending() == 0) {
    deadline_.disarm();
    owner_->note_change(*this);
  } else {
    leave(NGHTTP2_NO_ERROR);
  }
  handler->on_response_end();
}

void Stream::fail(const OriginError& error) {
  OriginStreamHandler* const handler = std::exchange(handler_, nullptr);
  if (handler == nullptr) return;
  leave(NGHTTP2_CANCEL);
  handler->on_origin_failed(error);
}

void Stream::give_up(OriginFault fault, std::string detail) {
  if (handler_ == nullptr || failure_) return;
  failure_ = OriginError{fault, std::move(detail)};
  owner_->note_change(*this);
}

void Stream::on_closed(std::uint32_t error_code) {
  is_closed_ = true;
  body_.discard();
  owner_->note_change(*this);
  if (has_input_ended_ || handler_ == nullptr) return;
  if (error_code == NGHTTP2_REFUSED_STREAM) {
    give_up(OriginFault::Refused, "");
  } else if (is_reset_by_origin_) {
    give_up(OriginFault::StreamReset, nghttp2_http2_strerror(error_code));
  } else {
    give_up(has_final_head_ ? OriginFault::BodyMalformed : OriginFault::HeadMalformed,
            nghttp2_http2_strerror(error_code));
  }
}

void Stream::move_body(std::size_t bytes, net::OutputQueue& output) {
  body_.move(bytes, output);
  owner_->note_change(*this);
}

// The deadline runs while it is the origin's turn: not while the client holds up the response or
// has not sent its request; the server's own deadlines watch over the client.
void Stream::watch() {
  if (id_ == 0 || handler_ == nullptr) return deadline_.disarm();
  const bool is_clients_turn = !has_request_ended_ && body_.pending() == 0 && !has_response_begun_;
  if (is_paused_ || is_clients_turn) return deadline_.disarm();
  const auto timeout = has_response_begun_ ? piece_timeout_ : first_byte_timeout_;
  if (timeout.count() != 0) deadline_.arm(timeout);
}

void Stream::on_deadline() {
  owner_->note_timeout(has_response_begun_ ? piece_timeout_ : first_byte_timeout_);
  fail({OriginFault::Timeout, {}});
}

}  // namespace mex::proxy::upstream::http2
