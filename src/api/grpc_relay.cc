#include "api/grpc_relay.h"

#include <sys/uio.h>

#include <array>
#include <span>
#include <utility>

namespace mex::api {
namespace {

// What is held of a direction: a peer that does not read stops the other one.
constexpr std::size_t kMaxHeld = 16384;
// Then other connections have their turn.
constexpr int kRoundsPerTurn = 16;

}  // namespace

GrpcRelay::Side::Side(GrpcRelay& relay, std::unique_ptr<net::Transport> transport)
    : relay_(relay),
      transport_(std::move(transport)),
      watch_(relay.loop_.watch(transport_->descriptor(), *this)) {}

GrpcRelay::Side::~Side() { close(); }

void GrpcRelay::Side::close() {
  if (!is_open()) return;
  relay_.loop_.unwatch(std::exchange(watch_, 0));
  transport_.reset();
  held = std::string();
  has_ended = true;
}

void GrpcRelay::Side::shut_down_output() { transport_->shutdown_write(); }

void GrpcRelay::Side::on_ready(net::Readiness readiness) {
  is_readable = is_readable || readiness.readable || readiness.peer_closed || readiness.failed;
  is_writable = is_writable || readiness.writable || readiness.failed;
  has_left = has_left || readiness.peer_closed || readiness.failed;
  relay_.pump();
}

bool GrpcRelay::Side::establish(bool& failed) {
  if (is_established_) return true;
  const net::IoResult result = transport_->handshake();
  is_established_ = result.status == net::IoStatus::Progress;
  failed = failed || (!is_established_ && result.status != net::IoStatus::WouldBlock);
  return is_established_;
}

bool GrpcRelay::Side::fill() {
  bool failed = false;
  if (!establish(failed)) return !failed;
  std::array<char, kMaxHeld> piece;  // filled by read()
  while (is_readable && held.size() < kMaxHeld) {
    const net::IoResult result = transport_->read(std::span(piece).first(kMaxHeld - held.size()));
    switch (result.status) {
      case net::IoStatus::Progress:
        held.append(piece.data(), result.bytes);
        // What has left is not announced again.
        is_readable = has_left || !result.wait;
        break;
      case net::IoStatus::WouldBlock:
        is_readable = false;
        break;
      case net::IoStatus::End:
      case net::IoStatus::Failed:
        return false;
    }
  }
  return true;
}

std::size_t GrpcRelay::Side::write(std::string_view bytes, bool& failed) {
  if (!establish(failed)) return 0;
  std::size_t written = 0;
  while (is_writable && (has_unsent_ || written < bytes.size())) {
    const std::string_view rest = bytes.substr(written);
    const iovec piece{const_cast<char*>(rest.data()), rest.size()};  // write() only reads it
    const net::IoResult result = transport_->write({&piece, 1});
    failed = failed || result.status == net::IoStatus::Failed;
    if (failed) return written;
    written += result.bytes;
    has_unsent_ = result.wait;
    is_writable = !result.wait;
  }
  return written;
}

GrpcRelay::GrpcRelay(net::EventLoop& loop, std::unique_ptr<net::Transport> client,
                     std::unique_ptr<net::Transport> server, const http::Http2Gate::Limits& limits,
                     Events events)
    : loop_(loop),
      gate_(limits),
      events_(std::move(events)),
      client_(*this, std::move(client)),
      server_(*this, std::move(server)),
      more_([this] { pump(); }) {}

GrpcRelay::~GrpcRelay() = default;

void GrpcRelay::set_streams(std::size_t streams) {
  gate_.set_streams(streams);
  loop_.next_turn(more_);
}

void GrpcRelay::end() {
  if (!client_.is_open()) return;
  client_.close();
  admitted_ = 0;
  server_.shut_down_output();
  events_.on_ending();
  loop_.next_turn(more_);
}

// What a client says before it leaves matters to no one: it does not read the answer. It may never
// be read either, as that waits for a stream to end.
void GrpcRelay::pump() {
  if (client_.has_left) end();
  for (int round = 0; round < kRoundsPerTurn; ++round) {
    if (!client_.is_open()) return drop_from_server();
    const bool has_answered = pass_to_client();
    if (!client_.is_open()) continue;
    if (!pass_to_server() && !has_answered) return;
  }
  loop_.next_turn(more_);
}

// True if something moved.
bool GrpcRelay::pass_to_server() {
  const bool is_new = !client_.has_ended && client_.is_readable && client_.held.size() < kMaxHeld;
  if (is_new && !client_.fill()) client_.has_ended = true;
  std::string& held = client_.held;
  admitted_ += gate_.admit(std::string_view(held).substr(admitted_));
  bool failed = gate_.is_broken();
  const std::size_t passed =
      failed ? 0 : server_.write(std::string_view(held).substr(0, admitted_), failed);
  held.erase(0, passed);
  admitted_ -= passed;
  if (failed || client_.has_ended) end();
  return passed > 0 || failed;
}

bool GrpcRelay::pass_to_client() {
  if (!server_.has_ended && server_.is_readable) {
    const std::size_t before = server_.held.size();
    if (!server_.fill()) server_.has_ended = true;
    gate_.observe(std::string_view(server_.held).substr(before));
  }
  bool failed = false;
  const std::size_t passed = client_.write(server_.held, failed);
  server_.held.erase(0, passed);
  const bool has_passed_all = server_.held.empty() && !client_.has_unsent();
  if (failed || (server_.has_ended && has_passed_all)) end();
  return passed > 0 || failed;
}

// gRPC sees that the client left, and closes its end.
void GrpcRelay::drop_from_server() {
  while (!server_.has_ended && server_.is_readable) {
    server_.held.clear();
    if (!server_.fill()) server_.has_ended = true;
  }
  server_.held.clear();
  if (server_.has_ended && !std::exchange(has_finished_, true)) finish();
}

void GrpcRelay::finish() {
  server_.close();
  events_.on_gone();
}

}  // namespace mex::api
