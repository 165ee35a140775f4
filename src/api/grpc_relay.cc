#include "api/grpc_relay.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

namespace mex::api {
namespace {

// What is held of a direction: a peer that does not read stops the other one.
constexpr std::size_t kMaxHeld = 16384;
// Then other connections have their turn.
constexpr int kRoundsPerTurn = 16;

}  // namespace

GrpcRelay::Side::Side(GrpcRelay& relay, base::Descriptor socket)
    : relay_(relay), socket_(std::move(socket)), watch_(relay.loop_.watch(socket_.get(), *this)) {}

GrpcRelay::Side::~Side() { close(); }

void GrpcRelay::Side::close() {
  if (!socket_.valid()) return;
  relay_.loop_.unwatch(std::exchange(watch_, 0));
  socket_.reset();
  held = std::string();
  has_ended = true;
}

void GrpcRelay::Side::shut_down_output() const { ::shutdown(socket_.get(), SHUT_WR); }

void GrpcRelay::Side::on_ready(net::Readiness readiness) {
  is_readable = is_readable || readiness.readable || readiness.peer_closed || readiness.failed;
  is_writable = is_writable || readiness.writable || readiness.failed;
  has_left = has_left || readiness.peer_closed || readiness.failed;
  relay_.pump();
}

bool GrpcRelay::Side::fill() {
  std::array<char, kMaxHeld> piece;  // filled by recv
  while (is_readable && held.size() < kMaxHeld) {
    const ssize_t count = ::recv(socket_.get(), piece.data(), kMaxHeld - held.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) {
      is_readable = false;
    } else if (count <= 0) {
      return false;
    } else {
      held.append(piece.data(), static_cast<std::size_t>(count));
    }
  }
  return true;
}

std::size_t GrpcRelay::Side::write(std::string_view bytes, bool& failed) {
  std::size_t written = 0;
  while (is_writable && written < bytes.size()) {
    const ssize_t count =
        ::send(socket_.get(), bytes.data() + written, bytes.size() - written, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) {
      is_writable = false;
    } else if (count < 0) {
      failed = true;
      return written;
    } else {
      written += static_cast<std::size_t>(count);
    }
  }
  return written;
}

GrpcRelay::GrpcRelay(net::EventLoop& loop, base::Descriptor client, base::Descriptor server,
                     const http::Http2Gate::Limits& limits, Events events)
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
  if (failed || (server_.has_ended && server_.held.empty())) end();
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
