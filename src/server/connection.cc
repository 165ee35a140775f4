#include "server/connection.h"

#include <array>
#include <atomic>
#include <utility>

#include "tls/session_info.h"

namespace mex::server {
namespace {

using net::IoResult;
using net::IoStatus;

// Rounds of reading and writing before other connections get their turn.
constexpr int kRoundsPerTurn = 8;
constexpr std::size_t kSendPieces = 16;

std::uint64_t next_connection_id() {
  static std::atomic<std::uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

// The parser refuses a head before it fills this, so there is always room to read on.
std::size_t input_limit(const http::RequestLimits& limits) {
  return limits.head + net::BufferPool::kBlockSize;
}

}  // namespace

Connection::Connection(ConnectionContext& context, ConnectionOwner& owner,
                       std::unique_ptr<net::Transport> transport, const net::Address& peer,
                       bool tls)
    : context_(context),
      owner_(owner),
      transport_(std::move(transport)),
      input_(context.buffers, input_limit(context.options.limits)),
      output_(context.buffers),
      deadline_(context.loop.timers(), [this] { on_deadline(); }),
      write_timeout_(context.loop.timers(),
                     [this] {
                       context_.metrics.count_timeout();
                       cut(CloseReason::Timeout);
                     }),
      work_([this] { advance(); }),
      moved_at_(context.loop.now()) {
  info_.peer = peer;
  info_.local = net::Address::local_of(transport_->descriptor());
  info_.tls = tls;
  info_.id = next_connection_id();
}

Connection::~Connection() = default;

bool Connection::start(net::EventLoop::WatchId watch) {
  watch_ = watch != 0 ? watch : context_.loop.watch(transport_->descriptor(), *this);
  if (watch_ == 0) return false;
  if (watch != 0) {
    context_.loop.hand_over(watch, *this);
    io_.can_read = true;
    wake();
  }
  if (info_.tls) {
    deadline_.arm(context_.options.handshake_timeout);
  } else {
    phase_ = Phase::Open;
    protocol_ = owner_.create_protocol(*this);
  }
  return true;
}

void Connection::on_ready(net::Readiness readiness) {
  io_.can_read = io_.can_read || readiness.readable;
  io_.peer_closed = io_.peer_closed || readiness.peer_closed;
  io_.peer_gone = io_.peer_gone || readiness.failed;
  if (readiness.writable) io_.write_blocked = false;
  advance();
}

void Connection::wake(Wake when) {
  if (io_.advancing) {
    io_.again = true;
  } else if (when == Wake::AfterEvent) {
    context_.loop.after_event(work_);
  } else {
    context_.loop.next_turn(work_);
  }
}

void Connection::advance() {
  if (phase_ == Phase::Closed) return;
  io_.advancing = true;
  int rounds = 0;
  do {
    io_.again = false;
    if (phase_ == Phase::Handshake && !do_handshake()) break;
    receive();
    if (flush() && phase_ == Phase::Open) protocol_->on_output_sent();
    end_round();
  } while (io_.again && phase_ != Phase::Closed && ++rounds < kRoundsPerTurn);
  io_.advancing = false;
  if (phase_ == Phase::Closed) {
    owner_.on_connection_closed(*this);
  } else if (io_.again) {
    context_.loop.next_turn(work_);
  }
}

// What follows from what the round has brought about.
void Connection::end_round() {
  const auto has_streams = [this] {
    return phase_ == Phase::Open && protocol_->has_open_streams();
  };
  if (io_.broken || (io_.peer_gone && has_streams())) return close(CloseReason::ClientClosed);
  if (io_.abort_reason) {
    transport_->reset_on_close();
    return close(*io_.abort_reason);
  }
  const bool is_flushed = output_.empty() && !io_.transport_holds_output;
  if (io_.ends_output && is_flushed && !io_.output_shut) {
    const IoResult result = transport_->shutdown_write();
    io_.output_shut = result.status == IoStatus::Progress;
    io_.transport_holds_output = result.status == IoStatus::WouldBlock;
    if (result.status == IoStatus::Failed) return close(CloseReason::ClientClosed);
  }
  if (io_.input_ended && io_.output_shut) close(CloseReason::Completed);
}

bool Connection::do_handshake() {
  const IoResult result = transport_->handshake();
  if (result.status == IoStatus::WouldBlock) return false;
  if (result.status != IoStatus::Progress) {
    context_.metrics.count_handshake_failure(tls::handshake_failure(result));
    std::unique_ptr<net::Transport> plain = tls::clear_text_of(*transport_);
    if (plain == nullptr) {
      close(CloseReason::ClientClosed);
      return false;
    }
    transport_ = std::move(plain);
    io_.can_read = true;
    owner_.answer_clear_text(*this);
    linger();
    return true;
  }
  const tls::SessionInfo session = tls::session_info(*transport_);
  context_.metrics.count_handshake(session);
  info_.server_name = session.server_name;
  client_ = tls::client_identity(*transport_);
  info_.client = client_.get();
  info_.tls_version = session.version;
  info_.tls_cipher = session.cipher;
  if (session.alpn == "h2") info_.protocol = HttpProtocol::Http2;
  // The transport may hold bytes of either direction for which no edge will come.
  io_.can_read = true;
  io_.transport_holds_output = true;
  phase_ = Phase::Open;
  protocol_ = owner_.create_protocol(*this);
  return true;
}

void Connection::receive() {
  process_input();
  for (int reads = 0; io_.can_read && wants_input() && reads < kRoundsPerTurn; ++reads) {
    if (!read_once()) return;
    process_input();
  }
  if (io_.can_read && wants_input()) io_.again = true;
}

void Connection::process_input() {
  if (phase_ == Phase::Open && !io_.abort_reason) protocol_->process_input();
  if (phase_ == Phase::Lingering) input_.clear();
}

bool Connection::wants_input() const {
  if (io_.input_ended || io_.abort_reason) return false;
  return phase_ == Phase::Lingering || protocol_->wants_input();
}

bool Connection::read_once() {
  const IoResult result = transport_->read(input_.writable());
  input_.commit(result.bytes);
  input_.release_if_empty();
  // Behind a close there is no further edge: read on until the end is seen.
  if (result.wait && !io_.peer_closed) io_.can_read = false;
  switch (result.status) {
    case IoStatus::Progress:
      moved_at_ = context_.loop.now();
      return true;
    case IoStatus::WouldBlock:
      io_.can_read = false;
      return false;
    case IoStatus::End:
      io_.input_ended = true;
      if (phase_ == Phase::Open) protocol_->on_input_end();
      return false;
    case IoStatus::Failed:
      io_.broken = true;
      return false;
  }
  return false;
}

// True if the kernel took anything.
bool Connection::flush() {
  bool moved = false;
  while (!io_.write_blocked && !io_.broken && (!output_.empty() || io_.transport_holds_output)) {
    std::array<iovec, kSendPieces> pieces{};
    const std::size_t used = output_.pieces(pieces);
    const IoResult result = transport_->write(std::span(pieces).first(used));
    output_.consume(result.bytes);
    moved = moved || result.bytes > 0;
    io_.write_blocked = result.wait;
    io_.transport_holds_output = result.wait;
    io_.broken = result.status == IoStatus::Failed;
  }
  const bool is_waiting = !output_.empty() || io_.transport_holds_output;
  if (!is_waiting) {
    write_timeout_.disarm();
  } else if (moved || !write_timeout_.armed()) {
    write_timeout_.arm(context_.options.write_timeout);
    moved_at_ = context_.loop.now();
  }
  return moved;
}

void Connection::linger() {
  phase_ = Phase::Lingering;
  io_.ends_output = true;
  deadline_.arm(context_.options.linger_timeout);
}

void Connection::on_deadline() {
  if (phase_ == Phase::Open) return protocol_->on_deadline();
  if (phase_ == Phase::Lingering && !output_.empty()) {
    // The write timeout decides about a client that still reads.
    deadline_.arm(context_.options.linger_timeout);
    return;
  }
  if (phase_ == Phase::Handshake) context_.metrics.count_timeout();
  cut(CloseReason::Timeout);
}

void Connection::drain() {
  // A protocol that is making progress sees by itself that the server is draining.
  if (phase_ != Phase::Open || io_.advancing) return;
  if (!protocol_->has_open_streams()) {
    // A request may have arrived that no edge has reported yet, above all on a new connection.
    io_.can_read = true;
    advance();
  }
  if (phase_ == Phase::Open) protocol_->on_drain();
  if (phase_ == Phase::Lingering) advance();
}

void Connection::cut(CloseReason reason) {
  if (phase_ == Phase::Closed) return;
  if (protocol_ != nullptr && protocol_->has_open_streams()) transport_->reset_on_close();
  close(reason);
  owner_.on_connection_closed(*this);
}

void Connection::give_up_place() {
  context_.metrics.count_closed_for_room();
  cut(CloseReason::Timeout);
}

PlaceHolder::Wait Connection::wait() const {
  const bool awaits_client = write_timeout_.armed() || (protocol_ && protocol_->awaits_client());
  if (!awaits_client) return Wait::None;
  const bool is_stalled = context_.loop.now() - moved_at_ >= context_.options.stall_time;
  return is_stalled ? Wait::Stalled : Wait::Client;
}

void Connection::close(CloseReason reason) {
  phase_ = Phase::Closed;
  if (protocol_ != nullptr) protocol_->on_close(reason);
  deadline_.disarm();
  write_timeout_.disarm();
  work_.cancel();
  context_.loop.unwatch(std::exchange(watch_, 0));
  info_.server_name = info_.tls_version = info_.tls_cipher = {};
  transport_.reset();
  input_.clear();
  output_.clear();
}

}  // namespace mex::server
