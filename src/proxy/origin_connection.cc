#include "proxy/origin_connection.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "http/header_list.h"
#include "proxy/options.h"
#include "proxy/origin_pool.h"

namespace mex::proxy {
namespace {

constexpr std::size_t kInputLimit = 64U << 10U;
// One busy connection leaves the thread to the others after so many reads.
constexpr int kReadsPerTurn = 16;
constexpr std::size_t kPiecesPerWrite = 8;

// The origin's "Keep-Alive: timeout=5, max=100" in seconds, if it says one.
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

}  // namespace

OriginConnection::OriginConnection(OriginEndpoint& group)
    : endpoint_(group),
      loop_(group.context().loop),
      options_(group.context().options),
      input_(group.context().buffers, kInputLimit),
      output_(group.context().buffers),
      flush_([this] { flush(); }),
      resume_([this] { resume(); }),
      timer_(loop_.timers(), [this] { on_timer(); }),
      made_(loop_.now()),
      connect_deadline_(made_ + options_.connect_timeout) {
  timer_.arm(options_.connect_timeout);
}

OriginConnection::~OriginConnection() = default;

bool OriginConnection::take_from_pool(OriginStreamHandler& user) {
  const bool trusted = loop_.now() - idle_since_ <= options_.trusted_idle;
  const bool is_old = loop_.now() - made_ >= options_.max_age;
  if (is_old || (!trusted && !is_reusable_idle())) {
    close();
    return false;
  }
  timer_.disarm();
  user_ = &user;
  return true;
}

void OriginConnection::begin_request(http::Method method) {
  state_ = State::Head;
  method_ = method;
  parser_.reset(method);
  interim_heads_ = 0;
  paused_ = false;
  response_begun_ = false;
  response_keeps_alive_ = false;
  request_ended_ = false;
  above_high_water_ = false;
}

void OriginConnection::commit_output(std::size_t bytes) {
  output_.commit(bytes);
  loop_.after_event(flush_);
}

void OriginConnection::send(std::string_view bytes) {
  if (output_broken_ || !open()) return;
  output_.append(bytes);
  if (output_.size() >= options_.high_water) above_high_water_ = true;
  loop_.after_event(flush_);
}

void OriginConnection::end_request() {
  request_ended_ = true;
  arm_timer();
}

void OriginConnection::resume_response() {
  if (!paused_) return;
  paused_ = false;
  loop_.after_event(resume_);
}

void OriginConnection::switch_to_tunnel() {
  state_ = State::Tunnel;
  timer_.disarm();
}

void OriginConnection::shutdown_tunnel_output() {
  shutdown_wanted_ = true;
  loop_.after_event(flush_);
}

void OriginConnection::abandon() {
  user_ = nullptr;
  close();
}

void OriginConnection::on_ready(net::Readiness readiness) {
  if (state_ == State::Connecting) {
    continue_connect();
    // An origin may refuse before it has been asked; the edge that tells of it is this one.
    if (state_ != State::Head) return;
  }
  if (readiness.writable) {
    writable_ = true;
    flush();
  }
  peer_closed_ |= readiness.peer_closed;
  if (!open() || !(readiness.readable || readiness.peer_closed)) return;
  readable_ = true;
  if (state_ == State::Idle) {
    if (!is_reusable_idle()) close();
    return;
  }
  read_some();
}

void OriginConnection::resume() {
  if (state_ != State::Resolving) {
    read_some();
  } else if (connect_fault_ == OriginFault::NameUnknown) {
    fail(connect_fault_, std::move(connect_detail_));
  } else {
    connect_next();
  }
}

void OriginConnection::read_some() {
  for (int reads = 0; reads < kReadsPerTurn; ++reads) {
    process_input();
    if (!open() || state_ == State::Idle) return;
    if (paused_ || !readable_) break;
    const std::span<char> space = input_.writable();
    if (space.empty()) {
      fail(OriginFault::HeadTooLarge);
      return;
    }
    const net::IoResult result = transport_->read(space);
    readable_ = result.status == net::IoStatus::Progress && (!result.wait || peer_closed_);
    if (result.status == net::IoStatus::Progress) {
      input_.commit(result.bytes);
      response_begun_ = true;
    } else if (result.status == net::IoStatus::End) {
      process_end_of_stream();
      return;
    } else if (result.status == net::IoStatus::Failed) {
      fail(OriginFault::Broken, transport_->to_string(result));
      return;
    }
  }
  input_.release_if_empty();
  arm_timer();
  if (readable_ && !paused_) loop_.next_turn(resume_);
}

void OriginConnection::process_input() {
  bool more = true;
  while (more && !paused_) {
    switch (state_) {
      case State::Head:
        more = process_head();
        break;
      case State::Body:
      case State::Tunnel:
        more = process_body();
        break;
      default:
        return;
    }
  }
}

// These two give true if there may be more to do.
bool OriginConnection::process_head() {
  if (input_.empty()) return false;
  const http::ParseOutcome outcome = parser_.feed(input_.readable());
  if (outcome.state == http::ParseOutcome::State::NeedMore) return false;
  if (outcome.state == http::ParseOutcome::State::Rejected) {
    const bool large = outcome.error == http::ParseError::HeadTooLarge ||
                       outcome.error == http::ParseError::TooManyHeaders;
    fail(large ? OriginFault::HeadTooLarge : OriginFault::HeadMalformed,
         std::string(http::to_string(outcome.error)));
    return false;
  }
  const http::ResponseHead& head = parser_.head();
  const bool interim = head.status < 200 && head.status != 101;
  if (interim) {
    if (++interim_heads_ > options_.max_interim_responses) {
      fail(OriginFault::TooManyInterim);
      return false;
    }
    user_->on_interim_head(head);
  } else {
    state_ = State::Body;
    body_ = http::BodyReader(head.framing);
    idle_timeout_ = idle_timeout_for(options_, head.headers);
    response_keeps_alive_ = head.keep_alive && idle_timeout_.count() > 0 &&
                            head.framing.kind != http::BodyFraming::Kind::UntilClose;
    user_->on_response_head(head);
  }
  if (!open()) return false;
  input_.consume(outcome.head_length);
  if (interim) parser_.reset(method_);
  if (state_ == State::Body && body_.done()) finish_response();
  return open();
}

bool OriginConnection::process_body() {
  if (input_.empty()) return false;
  if (state_ == State::Tunnel) {
    user_->on_response_body(input_.readable());
    if (open()) input_.clear();
    return false;
  }
  const http::BodyStep step = body_.take(input_.readable());
  if (step.error != http::ParseError::None) {
    fail(OriginFault::BodyMalformed, std::string(http::to_string(step.error)));
    return false;
  }
  if (!step.payload.empty()) user_->on_response_body(step.payload);
  if (!open()) return false;
  input_.consume(step.consumed);
  if (!body_.done()) return true;
  finish_response();
  return false;
}

void OriginConnection::process_end_of_stream() {
  if (state_ == State::Tunnel) {
    user_->on_response_end();
  } else if (state_ == State::Body && body_.on_end_of_stream()) {
    finish_response();
  } else {
    fail(OriginFault::ClosedEarly, state_ == State::Body ? "within the body" : "");
  }
}

void OriginConnection::finish_response() {
  OriginStreamHandler* user = std::exchange(user_, nullptr);
  if (reusable()) {
    state_ = State::Idle;
    reused_ = true;
    idle_since_ = loop_.now();
    timer_.arm(idle_timeout_);
    input_.release_if_empty();
    endpoint_.give_back(*this);
  } else {
    close();
  }
  user->on_response_end();
}

// Bytes behind the response belong to no request: whatever they are, they are not an answer to the
// next one.
bool OriginConnection::reusable() const {
  return response_keeps_alive_ && request_ended_ && output_.empty() && !transport_holds_output_ &&
         !output_broken_ && !peer_closed_ && input_.empty() &&
         loop_.now() - made_ < options_.max_age;
}

// An idle connection has nothing to say: a byte or an end means that it is of no more use. TLS may
// have records of its own to read.
bool OriginConnection::is_reusable_idle() {
  char byte = 0;
  readable_ = false;
  return transport_->read({&byte, 1}).status == net::IoStatus::WouldBlock;
}

void OriginConnection::flush() {
  if (state_ < State::Head || !open()) return;
  if (writable_ && !output_broken_ && (!output_.empty() || transport_holds_output_)) write_pieces();
  if (above_high_water_ && output_.size() <= options_.high_water / 2) {
    above_high_water_ = false;
    user_->on_origin_drained();
    if (!open()) return;
  }
  const bool all_sent = output_.empty() && !transport_holds_output_;
  if (shutdown_wanted_ && all_sent && writable_ && !output_broken_) {
    shutdown_wanted_ = transport_->shutdown_write().status == net::IoStatus::WouldBlock;
    if (shutdown_wanted_) writable_ = false;
  }
}

void OriginConnection::write_pieces() {
  while (writable_ && (!output_.empty() || transport_holds_output_)) {
    std::array<iovec, kPiecesPerWrite> pieces;
    const std::size_t count = output_.pieces(pieces);
    const net::IoResult result = transport_->write({pieces.data(), count});
    if (result.status == net::IoStatus::Progress) {
      output_.consume(result.bytes);
      transport_holds_output_ = result.wait;
      writable_ = !result.wait;
    } else if (result.status == net::IoStatus::WouldBlock) {
      writable_ = false;
    } else {
      // The origin may have answered and closed without reading on: that answer counts.
      output_broken_ = true;
      transport_holds_output_ = false;
      output_.clear();
      readable_ = true;
      loop_.after_event(resume_);
      return;
    }
  }
  arm_timer();
}

// Runs while it is the origin's turn: not while the client holds up the response or has not sent
// its request; the server's own deadlines watch over the client.
void OriginConnection::arm_timer() {
  if (state_ != State::Head && state_ != State::Body) return;
  const bool clients_turn = !request_ended_ && output_.empty() && !response_begun_;
  if (paused_ || clients_turn) {
    timer_.disarm();
  } else {
    timer_.arm(options_.origin_timeout);
  }
}

void OriginConnection::on_timer() {
  switch (state_) {
    case State::Resolving:
    case State::Connecting:
      on_connect_timer();
      break;
    case State::Idle:
      close();
      break;
    default:
      fail(OriginFault::Timeout);
  }
}

void OriginConnection::fail(OriginFault fault, std::string detail) {
  OriginStreamHandler* user = std::exchange(user_, nullptr);
  close();
  if (user != nullptr) user->on_origin_failed({fault, std::move(detail)});
}

void OriginConnection::close() {
  if (!open()) return;
  state_ = State::Closed;
  loop_.unwatch(std::exchange(watch_, 0));
  transport_.reset();
  input_.clear();
  output_.clear();
  timer_.disarm();
  flush_.cancel();
  resume_.cancel();
  endpoint_.remove(*this);
}

}  // namespace mex::proxy
