#include "proxy/upstream/origin_connection.h"

#include <array>
#include <utility>

#include "proxy/upstream/http1/stream.h"
#include "proxy/upstream/http2/session.h"
#include "proxy/upstream/origin_endpoint.h"

namespace mex::proxy::upstream {
namespace {

using net::IoResult;
using net::IoStatus;

constexpr std::size_t kInputLimit = 64U << 10U;
// One busy connection leaves the thread to the others after so many reads.
constexpr int kReadsPerTurn = 16;
constexpr std::size_t kPiecesPerWrite = 8;

}  // namespace

OriginConnection::OriginConnection(OriginEndpoint& endpoint,
                                   std::chrono::milliseconds connect_timeout)
    : endpoint_(endpoint),
      input_(endpoint.context().buffers, kInputLimit),
      output_(endpoint.context().buffers),
      flush_([this] { flush(); }),
      resume_([this] { resume(); }),
      deadline_(endpoint.context().loop.timers(), [this] { on_deadline(); }),
      connector_(endpoint, connect_timeout),
      created_(endpoint.context().loop.now()),
      is_http2_(endpoint.expects_http2()) {
  if (is_http2_) {
    protocol_ = std::make_unique<http2::Session>(*this, http2::library_of(endpoint.context()));
  } else {
    protocol_ = std::make_unique<http1::Stream>(*this);
  }
  deadline_.arm(connect_timeout);
}

OriginConnection::~OriginConnection() = default;

const Options& OriginConnection::options() const { return endpoint_.context().options; }

void OriginConnection::flush_soon() { endpoint_.context().loop.after_event(flush_); }

void OriginConnection::receive_soon() { endpoint_.context().loop.after_event(resume_); }

void OriginConnection::end_output() {
  io_.ends_output = true;
  flush_soon();
}

void OriginConnection::on_resolved(std::string_view error) {
  if (!error.empty()) connector_.set_error(OriginFault::NameUnknown, std::string(error));
  receive_soon();
}

void OriginConnection::resume() {
  if (state_ == State::Open) {
    receive();
  } else if (connector_.error().fault == OriginFault::NameUnknown) {
    fail(connector_.error());
  } else {
    connect_next();
  }
}

void OriginConnection::connect_next() {
  net::EventLoop& loop = endpoint_.context().loop;
  state_ = State::Connecting;
  while ((transport_ = connector_.connect_next()) != nullptr) {
    deadline_.arm(connector_.time_left());
    watch_ = loop.watch(transport_->descriptor(), *this);
    if (watch_ != 0) return;
  }
  fail(connector_.error());
}

void OriginConnection::continue_connect() {
  const IoResult result = transport_->handshake();
  switch (result.status) {
    case IoStatus::WouldBlock:
      return;
    case IoStatus::Progress:
      connector_.on_connected();
      if (endpoint_.tls() && !endpoint_.choose_protocol(transport_->application_protocol())) {
        return fail({OriginFault::OtherProtocol, std::string(transport_->application_protocol())});
      }
      if (is_http2_) transport_->notice_lost_peer(options().lost_origin);
      state_ = State::Open;
      // The edge reported that the socket is writable; what TLS left unread has no edge to come.
      io_.writable = true;
      io_.readable = true;
      protocol_->on_connected();
      return;
    case IoStatus::End:
      fail({OriginFault::TlsFailed, "connection closed during the handshake"});
      return;
    case IoStatus::Failed:
      break;
  }
  const bool is_tls = result.source == net::ErrorSource::Tls;
  connector_.set_error(is_tls ? OriginFault::TlsFailed : OriginFault::ConnectFailed,
                       transport_->to_string(result));
  if (is_tls) return fail(connector_.error());
  connector_.on_failed();
  endpoint_.context().loop.unwatch(std::exchange(watch_, 0));
  connect_next();
}

void OriginConnection::on_ready(net::Readiness readiness) {
  if (state_ == State::Connecting) {
    continue_connect();
    // An origin may refuse before it has been asked; the edge that reports it is this one.
    if (state_ != State::Open || protocol_->is_idle()) return;
  }
  if (readiness.writable) {
    io_.writable = true;
    flush();
  }
  io_.peer_closed |= readiness.peer_closed;
  if (!is_open() || !(readiness.readable || readiness.peer_closed)) return;
  io_.readable = true;
  if (!protocol_->is_idle()) {
    receive();
  } else if (!is_reusable_idle()) {
    close();
  }
}

void OriginConnection::receive() {
  bool is_input_wanted = protocol_->process_input();
  for (int reads = 0; is_input_wanted && io_.readable && reads < kReadsPerTurn; ++reads) {
    const std::span<char> space = input_.writable();
    if (space.empty()) return fail({OriginFault::HeadTooLarge, {}});
    const IoResult result = transport_->read(space);
    io_.readable = result.status == IoStatus::Progress && (!result.wait || io_.peer_closed);
    if (result.status == IoStatus::WouldBlock) break;
    if (result.status == IoStatus::End) return protocol_->on_input_end();
    if (result.status == IoStatus::Failed) {
      return fail({OriginFault::Broken, transport_->to_string(result)});
    }
    input_.commit(result.bytes);
    // Also behind the last read of a turn: no edge may be left that would have it processed.
    is_input_wanted = protocol_->process_input();
  }
  if (!is_open()) return;
  input_.release_if_empty();
  protocol_->on_progress();
  if (is_input_wanted && io_.readable) endpoint_.context().loop.next_turn(resume_);
}

// Bytes behind the response belong to no request: whatever they are, they are not an answer to the
// next one.
bool OriginConnection::release() {
  const bool is_reusable = output_.empty() && !io_.transport_holds_output && !io_.output_broken &&
                           !io_.peer_closed && input_.empty() && !is_old();
  if (is_reusable) rest();
  return is_reusable;
}

void OriginConnection::rest() {
  idle_since_ = endpoint_.context().loop.now();
  was_idle_ = true;
  input_.release_if_empty();
  endpoint_.give_back(*this);
}

bool OriginConnection::is_old() const {
  return endpoint_.context().loop.now() - created_ >= options().max_age;
}

bool OriginConnection::is_trusted() const {
  return endpoint_.context().loop.now() - idle_since_ <= options().trusted_idle;
}

bool OriginConnection::reuse() {
  if (is_old() || (!is_trusted() && !is_reusable_idle())) {
    close();
    return false;
  }
  deadline_.disarm();
  return true;
}

bool OriginConnection::check_idle() {
  if (is_old()) {
    close();
  } else if (!is_trusted()) {
    io_.readable = true;
    receive();
  }
  return is_open();
}

bool OriginConnection::has_room(bool reuse) const {
  if (!is_open() || !protocol_->has_room()) return false;
  return reuse ? state_ != State::Open || !is_old() : !was_idle_;
}

// An idle connection has nothing to say: a byte or an end means that it is of no more use. TLS may
// have records to read that carry no byte.
bool OriginConnection::is_reusable_idle() {
  char byte = 0;
  io_.readable = false;
  return transport_->read({&byte, 1}).status == IoStatus::WouldBlock;
}

void OriginConnection::flush() {
  if (state_ != State::Open || protocol_->is_idle()) return;
  protocol_->prepare_output();
  if (!is_open()) return;
  const auto has_output = [this] { return !output_.empty() || io_.transport_holds_output; };
  if (io_.writable && !io_.output_broken && has_output()) write_pieces();
  protocol_->on_output_sent();
  if (!is_open()) return;
  if (io_.ends_output && !has_output() && io_.writable && !io_.output_broken) {
    io_.ends_output = transport_->shutdown_write().status == IoStatus::WouldBlock;
    if (io_.ends_output) io_.writable = false;
  }
}

void OriginConnection::write_pieces() {
  while (io_.writable && (!output_.empty() || io_.transport_holds_output)) {
    std::array<iovec, kPiecesPerWrite> pieces;
    const std::size_t count = output_.pieces(pieces);
    const IoResult result = transport_->write({pieces.data(), count});
    if (result.status == IoStatus::Progress) {
      output_.consume(result.bytes);
      io_.transport_holds_output = result.wait;
      io_.writable = !result.wait;
    } else if (result.status == IoStatus::WouldBlock) {
      io_.writable = false;
    } else {
      // The origin may have answered and closed without reading on: that answer counts.
      io_.output_broken = true;
      io_.transport_holds_output = false;
      output_.clear();
      io_.readable = true;
      receive_soon();
      return;
    }
  }
  protocol_->on_progress();
}

void OriginConnection::on_deadline() {
  if (state_ == State::Open) return protocol_->on_deadline();
  if (state_ == State::Connecting) connector_.on_failed();
  if (state_ == State::Resolving || !connector_.has_next()) {
    return fail({OriginFault::ConnectTimeout, {}});
  }
  endpoint_.context().loop.unwatch(std::exchange(watch_, 0));
  connect_next();
}

void OriginConnection::fail(OriginError error) {
  close();
  protocol_->on_failed(std::move(error));
}

void OriginConnection::close() {
  if (!is_open()) return;
  state_ = State::Closed;
  endpoint_.context().loop.unwatch(std::exchange(watch_, 0));
  transport_.reset();
  input_.clear();
  output_.clear();
  deadline_.disarm();
  flush_.cancel();
  resume_.cancel();
  endpoint_.remove(*this);
}

}  // namespace mex::proxy::upstream
