#include "server/session.h"

#include <array>
#include <atomic>
#include <utility>

#include "server/server_core.h"
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

Session::Session(ServerCore& core, std::unique_ptr<net::Transport> transport,
                 const net::Address& peer, bool tls)
    : core_(core),
      transport_(std::move(transport)),
      input_(core.buffers(), input_limit(core.options().limits)),
      body_(core.buffers()),
      output_(core.buffers()),
      input_timer_(core.loop().timers(), [this] { on_input_deadline(); }),
      output_timer_(core.loop().timers(), [this] { on_output_deadline(); }),
      work_([this] { advance(); }),
      phase_(tls ? Phase::Handshake : Phase::Idle) {
  info_.peer = peer;
  info_.local = net::Address::local_of(transport_->descriptor());
  info_.tls = tls;
  info_.id = next_connection_id();
}

Session::~Session() = default;

bool Session::start(net::EventLoop::WatchId watch) {
  watch_ = watch != 0 ? watch : core_.loop().watch(transport_->descriptor(), *this);
  if (watch_ == 0) return false;
  if (watch != 0) {
    core_.loop().hand_over(watch, *this);
    can_read_ = true;
    advance_soon();
  }
  const ServerOptions& options = core_.options();
  // A new connection has as long for its first request as for any head: one that never says
  // anything must not hold its place for the idle time.
  input_timer_.arm(phase_ == Phase::Handshake ? options.handshake_timeout : options.head_timeout);
  return true;
}

net::EventLoop& Session::loop() { return core_.loop(); }

void Session::on_ready(net::Readiness readiness) {
  can_read_ = can_read_ || readiness.readable;
  peer_closed_ = peer_closed_ || readiness.peer_closed;
  peer_gone_ = peer_gone_ || readiness.failed;
  if (readiness.writable) write_blocked_ = false;
  advance();
}

void Session::advance_soon() {
  if (advancing_) {
    again_ = true;
  } else {
    core_.loop().after_event(work_);
  }
}

void Session::advance() {
  if (phase_ == Phase::Closed) return;
  advancing_ = true;
  int rounds = 0;
  do {
    again_ = false;
    if (phase_ == Phase::Handshake && !do_handshake()) break;
    receive();
    if (flush()) tell_drained();
    settle();
  } while (again_ && phase_ != Phase::Closed && ++rounds < kRoundsPerTurn);
  advancing_ = false;
  if (phase_ == Phase::Closed) {
    core_.remove(*this);
  } else if (again_) {
    core_.loop().next_turn(work_);
  }
}

// What follows from what the round has brought about.
void Session::settle() {
  if (phase_ == Phase::Closed) return;
  if (broken_ || (in_exchange() && peer_gone_)) {
    finish_exchange(CloseReason::ClientClosed);
    close();
    return;
  }
  if (aborted_ && in_exchange()) {
    finish_exchange(CloseReason::Aborted);
    transport_->reset_on_close();
    close();
    return;
  }
  const bool flushed = output_.empty() && !flush_transport_;
  const bool ends_now = phase_ == Phase::Closing || (phase_ == Phase::Tunnel && response_ended_);
  if (ends_now && flushed && !output_shut_) {
    const IoResult result = transport_->shutdown_write();
    output_shut_ = result.status == IoStatus::Progress;
    flush_transport_ = result.status == IoStatus::WouldBlock;
    if (result.status == IoStatus::Failed) broken_ = true;
  }
  if (phase_ == Phase::Tunnel && input_ended_ && output_shut_) {
    finish_exchange(CloseReason::Completed);
    close();
  } else if (broken_ || (phase_ == Phase::Closing && input_ended_ && output_shut_)) {
    finish_exchange(CloseReason::ClientClosed);
    close();
  }
}

bool Session::do_handshake() {
  const IoResult result = transport_->handshake();
  if (result.status == IoStatus::WouldBlock) return false;
  if (result.status != IoStatus::Progress) {
    core_.count_handshake_failure();
    close();
    return false;
  }
  info_.server_name = tls::session_info(*transport_).server_name;
  phase_ = Phase::Idle;
  input_timer_.arm(core_.options().head_timeout);
  // The transport may hold bytes of either direction for which no edge will come.
  can_read_ = true;
  flush_transport_ = true;
  return true;
}

void Session::receive() {
  process_input();
  for (int reads = 0; wants_input() && can_read_ && reads < kRoundsPerTurn; ++reads) {
    if (!read_once()) return;
    process_input();
  }
  if (wants_input() && can_read_) again_ = true;
}

bool Session::wants_input() const {
  switch (phase_) {
    case Phase::Idle:
    case Phase::Head:
      return !input_ended_ && output_.size() < core_.options().output_high_water;
    case Phase::Exchange:
      return !request_done_ && !input_ended_ && !aborted_ && (!body_paused_ || response_ended_);
    case Phase::Tunnel:
      return !body_paused_ && !input_ended_ && !aborted_;
    case Phase::Closing:
      return !input_ended_;
    case Phase::Handshake:
    case Phase::Closed:
      break;
  }
  return false;
}

bool Session::read_once() {
  const bool for_head = phase_ == Phase::Idle || phase_ == Phase::Head;
  net::Buffer& buffer = for_head ? input_ : body_;
  const IoResult result = transport_->read(buffer.writable());
  buffer.commit(result.bytes);
  buffer.release_if_empty();
  // Behind a close there is no further edge: read on until the end is seen.
  if (result.wait && !peer_closed_) can_read_ = false;
  switch (result.status) {
    case IoStatus::Progress:
      return true;
    case IoStatus::WouldBlock:
      can_read_ = false;
      return false;
    case IoStatus::End:
      input_ended_ = true;
      on_input_ended();
      return false;
    case IoStatus::Failed:
      broken_ = true;
      return false;
  }
  return false;
}

// True if the kernel took anything.
bool Session::flush() {
  bool moved = false;
  while (!write_blocked_ && !broken_ && phase_ != Phase::Closed &&
         (!output_.empty() || flush_transport_)) {
    std::array<iovec, kSendPieces> pieces{};
    const std::size_t used = output_.pieces(pieces);
    const IoResult result = transport_->write(std::span(pieces).first(used));
    output_.consume(result.bytes);
    moved = moved || result.bytes > 0;
    write_blocked_ = result.wait;
    flush_transport_ = result.wait;
    broken_ = result.status == IoStatus::Failed;
  }
  const bool waiting = !output_.empty() || flush_transport_;
  if (!waiting) {
    output_timer_.disarm();
  } else if (moved || !output_timer_.armed()) {
    output_timer_.arm(core_.options().write_timeout);
  }
  return moved;
}

void Session::tell_drained() {
  if (phase_ == Phase::Tunnel) input_timer_.arm(core_.options().tunnel_idle_timeout);
  if (output_.size() >= core_.options().output_high_water) return;
  // Requests that wait behind the output may go on.
  const bool held_back = can_read_ || !input_.empty();
  if (phase_ == Phase::Idle && held_back) again_ = true;
  if (!was_full_ || output_.size() > core_.options().output_high_water / 2) return;
  was_full_ = false;
  if (in_exchange() && handler_ != nullptr && !response_ended_) handler_->on_output_drained();
}

void Session::on_output_deadline() {
  core_.count_timeout();
  cut(CloseReason::Timeout);
}

void Session::drain() {
  if (phase_ != Phase::Idle) return;
  // A request may have arrived that no edge has told of yet, above all on a new connection.
  can_read_ = true;
  advance();
  if (phase_ != Phase::Idle || !input_.empty()) return;
  begin_closing();
  advance();
}

void Session::cut(CloseReason reason) {
  if (phase_ == Phase::Closed) return;
  if (in_exchange()) transport_->reset_on_close();
  finish_exchange(reason);
  close();
  core_.remove(*this);
}

void Session::close() {
  if (request_ != nullptr) leave_exchange();
  phase_ = Phase::Closed;
  input_timer_.disarm();
  output_timer_.disarm();
  work_.cancel();
  core_.loop().unwatch(std::exchange(watch_, 0));
  info_.server_name = {};
  transport_.reset();
  input_.clear();
  body_.clear();
  output_.clear();
}

}  // namespace mex::server
