#include "server/preview.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "server/diversion.h"
#include "server/server_core.h"

namespace mex::server {

Preview::Preview(ServerCore& core, base::Descriptor socket, const net::Address& peer)
    : core_(core),
      socket_(std::move(socket)),
      peer_(peer),
      timer_(core.loop().timers(), [this] { on_deadline(); }) {}

Preview::~Preview() { close(); }

bool Preview::start() {
  watch_ = core_.loop().watch(socket_.get(), *this);
  if (watch_ == 0) return false;
  timer_.arm(core_.options().handshake_timeout);
  return true;
}

void Preview::close() {
  timer_.disarm();
  core_.loop().unwatch(std::exchange(watch_, 0));
  socket_.reset();
}

void Preview::on_ready(net::Readiness readiness) {
  const std::span<char> space = core_.peek_space();
  const ssize_t count = ::recv(socket_.get(), space.data(), space.size(), MSG_PEEK);
  if (count < 0 && errno == EAGAIN) return;
  if (count <= 0) return core_.drop(*this);
  const std::string_view seen(space.data(), static_cast<std::size_t>(count));
  const tls::ClientHello hello = tls::ClientHello::look_at(seen);
  switch (hello.state()) {
    case tls::ClientHello::State::NeedMore:
      // Half a greeting, and nothing will follow.
      if (readiness.peer_closed) core_.drop(*this);
      return;
    case tls::ClientHello::State::Complete:
      if (!hello.server_name().empty() && core_.diversion().takes(hello)) return divert(hello);
      return answer_here();
    case tls::ClientHello::State::Foreign:
      return answer_here();  // TLS itself will say what is wrong with it
  }
}

void Preview::divert(const tls::ClientHello& asked) {
  net::EventLoop::WatchId watch = 0;
  base::Descriptor socket = leave(watch);
  core_.diversion().divert(asked, {std::move(socket), watch, peer_, core_.give_place(*this)});
}

void Preview::answer_here() {
  net::EventLoop::WatchId watch = 0;
  base::Descriptor socket = leave(watch);
  core_.begin_session(*this, std::move(socket), peer_, watch);
}

// The socket with its registration, for whoever goes on with it.
base::Descriptor Preview::leave(net::EventLoop::WatchId& watch) {
  watch = std::exchange(watch_, 0);
  timer_.disarm();
  return std::move(socket_);
}

void Preview::on_deadline() {
  core_.count_timeout();
  core_.drop(*this);
}

}  // namespace mex::server
