#include "server/preview.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "server/diversion.h"
#include "server/server_core.h"
#include "tls/client_hello.h"

namespace mex::server {

Preview::Preview(ServerCore& core, net::Descriptor socket, const net::Address& peer)
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
      return decide(!hello.server_name().empty() && core_.diversion().takes(hello.server_name()),
                    hello.server_name());
    case tls::ClientHello::State::Foreign:
      return decide(false, {});  // TLS itself will say what is wrong with it
  }
}

void Preview::decide(bool is_diverted, std::string_view server_name) {
  net::Descriptor socket = std::move(socket_);
  const net::EventLoop::WatchId watch = std::exchange(watch_, 0);
  timer_.disarm();
  if (is_diverted) {
    core_.diversion().divert(server_name,
                             {std::move(socket), watch, peer_, core_.give_place(*this)});
  } else {
    core_.begin_session(*this, std::move(socket), peer_, watch);
  }
}

void Preview::on_deadline() {
  core_.count_timeout();
  core_.drop(*this);
}

}  // namespace mex::server
