// The request's side of a session: heads, bodies, the end of an exchange.

#include <utility>

#include "http/parse_error.h"
#include "server/server_core.h"
#include "server/session.h"

namespace mex::server {

const http::RequestHead& Session::request() const { return request_->parser.head(); }

void Session::process_input() {
  bool more = true;
  while (more) {
    switch (phase_) {
      case Phase::Idle:
      case Phase::Head:
        more = parse_head();
        break;
      case Phase::Exchange:
        more = deliver_body();
        break;
      case Phase::Tunnel:
        more = deliver_tunnel();
        break;
      case Phase::Closing:
        input_.clear();
        body_.clear();
        more = false;
        break;
      case Phase::Handshake:
      case Phase::Closed:
        more = false;
        break;
    }
  }
}

// True if an exchange has begun.
bool Session::parse_head() {
  if (input_.empty() || output_.size() >= core_.options().output_high_water) return false;
  if (request_ == nullptr) request_ = core_.take_request_state();
  const http::ParseOutcome outcome = request_->parser.feed(input_.readable());
  switch (outcome.state) {
    case http::ParseOutcome::State::NeedMore:
      // Armed once for each head: bytes that trickle in buy no time.
      if (phase_ == Phase::Idle) input_timer_.arm(core_.options().head_timeout);
      phase_ = Phase::Head;
      return false;
    case http::ParseOutcome::State::Rejected:
      core_.count_rejected();
      answer_and_close(http::status_for(outcome.error), http::to_string(outcome.error));
      return false;
    case http::ParseOutcome::State::Complete:
      begin_exchange(outcome.head_length);
      return true;
  }
  return false;
}

void Session::begin_exchange(std::size_t head_length) {
  const http::RequestHead& head = request();
  phase_ = Phase::Exchange;
  input_timer_.disarm();
  consumed_ = head_length;
  request_->body = http::BodyReader(head.framing);
  handler_ = nullptr;
  discarded_ = 0;
  keep_alive_ = head.keep_alive;
  request_done_ = false;
  body_paused_ = false;
  continue_sent_ = false;
  head_sent_ = false;
  response_ended_ = false;
  aborted_ = false;
  tunnel_wanted_ = false;
  was_full_ = false;
  core_.service().on_request(*this);
  if (handler_ == nullptr && !response_ended_) {
    // A service that neither answers nor takes the request must not leave its client waiting.
    give_up_response();
    return;
  }
  if (!body_paused_) continue_if_awaited();
}

std::string_view Session::unread() const {
  const std::string_view first = input_.readable().substr(consumed_);
  return first.empty() ? body_.readable() : first;
}

void Session::mark_read(std::size_t bytes) {
  if (consumed_ < input_.size()) {
    consumed_ += bytes;
  } else {
    body_.consume(bytes);
  }
}

// One step; true if there may be another one.
bool Session::deliver_body() {
  if (request_done_) {
    finish_if_complete();
    return phase_ != Phase::Exchange;
  }
  if (aborted_) return false;
  if (response_ended_ && !keep_alive_) {
    give_up_request();
    return true;
  }
  http::BodyReader& reader = request_->body;
  if (!reader.done()) {
    if (body_paused_ && !response_ended_) return false;
    const std::string_view bytes = unread();
    if (bytes.empty()) {
      input_timer_.arm(core_.options().body_idle_timeout);
      return false;
    }
    const http::BodyStep step = reader.take(bytes);
    if (step.error != http::ParseError::None && response_ended_) {
      give_up_request();
      return true;
    }
    if (step.error != http::ParseError::None) {
      core_.count_rejected();
      fail_exchange(CloseReason::ClientFault, http::status_for(step.error),
                    http::to_string(step.error));
      return false;
    }
    if (response_ended_ && !discard_body(step.consumed)) return true;
    if (!step.payload.empty() && !response_ended_ && handler_ != nullptr) {
      handler_->on_body(step.payload);
    }
    mark_read(step.consumed);
  }
  if (reader.done()) {
    request_done_ = true;
    input_timer_.disarm();
    if (handler_ != nullptr && !response_ended_) handler_->on_body_end();
    if (tunnel_wanted_) phase_ = Phase::Tunnel;
  }
  return true;
}

// False if there is more of an unwanted body than a kept connection is worth.
bool Session::discard_body(std::size_t bytes) {
  discarded_ += bytes;
  if (discarded_ <= core_.options().discard_limit) return true;
  give_up_request();
  return false;
}

// The request has been answered, and what is left of its body is not worth the wait: the exchange
// is complete as far as the client's answer goes, and the connection ends with it.
void Session::give_up_request() {
  keep_alive_ = false;
  request_done_ = true;
  advance_soon();
}

bool Session::deliver_tunnel() {
  const std::string_view bytes = unread();
  if (body_paused_ || aborted_ || bytes.empty()) return false;
  input_timer_.arm(core_.options().tunnel_idle_timeout);
  if (handler_ != nullptr) handler_->on_body(bytes);
  mark_read(bytes.size());
  return true;
}

void Session::on_input_ended() {
  switch (phase_) {
    case Phase::Idle:
    case Phase::Head:
      // Also with half a request: a client that stops there expects no answer.
      begin_closing();
      break;
    case Phase::Exchange:
      // After a whole request the client may have closed its side only, and wait.
      if (request_done_) break;
      if (response_ended_) {
        give_up_request();
      } else {
        broken_ = true;
      }
      break;
    case Phase::Tunnel:
      if (handler_ != nullptr) handler_->on_body_end();
      break;
    default:
      break;
  }
}

void Session::finish_if_complete() {
  if (!response_ended_ || aborted_) return;
  finish_exchange(CloseReason::Completed);
  leave_exchange();
  if (keep_alive_ && !core_.draining()) {
    enter_idle();
  } else {
    begin_closing();
  }
}

void Session::finish_exchange(CloseReason reason) {
  if (!in_exchange()) return;
  // The handler may not call the exchange any more, and must not be called again.
  phase_ = Phase::Closing;
  if (RequestHandler* handler = std::exchange(handler_, nullptr)) handler->on_closed(reason);
}

// Gives back what only a request needs; bytes behind it stay.
void Session::leave_exchange() {
  core_.give_back(std::move(request_));
  input_.consume(consumed_);
  consumed_ = 0;
  if (input_.empty()) input_.swap_contents(body_);
}

void Session::enter_idle() {
  phase_ = Phase::Idle;
  if (input_ended_ && input_.empty()) {
    begin_closing();
    return;
  }
  input_timer_.arm(core_.options().idle_timeout);
}

void Session::begin_closing() {
  if (request_ != nullptr) leave_exchange();
  phase_ = Phase::Closing;
  keep_alive_ = false;
  input_timer_.arm(core_.options().linger_timeout);
}

void Session::fail_exchange(CloseReason reason, int status, std::string_view line) {
  const bool answerable = !head_sent_;
  finish_exchange(reason);
  if (answerable) {
    answer_and_close(status, line);
  } else {
    transport_->reset_on_close();
    close();
  }
}

void Session::on_input_deadline() {
  const bool between_requests = phase_ == Phase::Idle || phase_ == Phase::Closing;
  if (!between_requests) core_.count_timeout();
  if (phase_ == Phase::Exchange && response_ended_) {
    give_up_request();
  } else if (phase_ == Phase::Head) {
    answer_and_close(408, "the request's head took too long");
  } else if (phase_ == Phase::Exchange && !head_sent_) {
    fail_exchange(CloseReason::Timeout, 408, "the request's body took too long");
  } else if (phase_ == Phase::Closing && !output_.empty()) {
    // The write deadline decides about the client that still reads.
    input_timer_.arm(core_.options().linger_timeout);
  } else {
    cut(CloseReason::Timeout);
  }
}

}  // namespace mex::server
