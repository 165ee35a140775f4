#include "server/client_hello_peek.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "net/proxy_protocol.h"
#include "server/server_core.h"
#include "server/tls_interceptor.h"

namespace mex::server {

ClientHelloPeek::ClientHelloPeek(ServerCore& core, base::Descriptor socket,
                                 const net::Address& peer, bool begins_with_proxy_header)
    : core_(core),
      loop_(core.context().loop),
      socket_(std::move(socket)),
      peer_(peer),
      timer_(loop_.timers(), [this] { on_deadline(); }),
      begins_with_proxy_header_(begins_with_proxy_header) {}

ClientHelloPeek::~ClientHelloPeek() { close(); }

bool ClientHelloPeek::start() {
  watch_ = loop_.watch(socket_.get(), *this);
  if (watch_ == 0) return false;
  timer_.arm(core_.context().options.handshake_timeout);
  return true;
}

void ClientHelloPeek::close() {
  timer_.disarm();
  loop_.unwatch(std::exchange(watch_, 0));
  socket_.reset();
}

void ClientHelloPeek::on_ready(net::Readiness readiness) {
  const std::span<char> space = core_.peek_space();
  // Again behind a PROXY header: no edge comes for what is there already.
  for (;;) {
    const ssize_t count = ::recv(socket_.get(), space.data(), space.size(), MSG_PEEK);
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) return core_.drop(*this);
    const std::string_view seen(space.data(), static_cast<std::size_t>(count));
    if (!begins_with_proxy_header_) return look_at_greeting(seen, readiness.peer_closed);
    switch (take_proxy_header(seen)) {
      case Step::Again:
        break;
      case Step::Wait:
        // Half a header, and nothing will follow.
        if (readiness.peer_closed) core_.drop(*this);
        return;
      case Step::Gone:
        return;
    }
  }
}

ClientHelloPeek::Step ClientHelloPeek::take_proxy_header(std::string_view seen) {
  const net::ProxyProtocolHeader header = net::ProxyProtocolHeader::parse(seen);
  switch (header.state()) {
    case net::ProxyProtocolHeader::State::NeedMore:
      return Step::Wait;
    case net::ProxyProtocolHeader::State::Malformed:
      core_.note_wrong_proxy_header(peer_);
      core_.drop(*this);
      return Step::Gone;
    case net::ProxyProtocolHeader::State::Complete:
      break;
  }
  const std::span<char> taken = core_.peek_space().first(header.size());
  if (::recv(socket_.get(), taken.data(), taken.size(), 0) != static_cast<ssize_t>(taken.size())) {
    core_.drop(*this);
    return Step::Gone;
  }
  begins_with_proxy_header_ = false;
  if (!header.client().empty()) {
    peer_ = header.client();
    if (!core_.admit_anew(*this, peer_)) return Step::Gone;
  }
  if (core_.looks_at_greetings()) return Step::Again;
  answer_here();
  return Step::Gone;
}

void ClientHelloPeek::look_at_greeting(std::string_view seen, bool is_all) {
  const tls::ClientHello hello = tls::ClientHello::parse(seen);
  switch (hello.state()) {
    case tls::ClientHello::State::NeedMore:
      // Half a ClientHello, and nothing will follow.
      if (is_all) core_.drop(*this);
      return;
    case tls::ClientHello::State::Complete:
      if (!hello.server_name().empty() && core_.tls_interceptor().intercepts(hello))
        return intercept(hello);
      return answer_here();
    case tls::ClientHello::State::NotTls:
      return answer_here();  // TLS itself will say what is wrong with it
  }
}

void ClientHelloPeek::give_up_place() {
  core_.context().metrics.count_closed_for_room();
  core_.drop(*this);
}

void ClientHelloPeek::intercept(const tls::ClientHello& asked) {
  if (!core_.make_room_to_intercept(*this)) return core_.drop(*this);
  net::EventLoop::WatchId watch = 0;
  base::Descriptor socket = leave(watch);
  core_.tls_interceptor().intercept(asked,
                                    {std::move(socket), watch, peer_, core_.give_place(*this)});
}

void ClientHelloPeek::answer_here() {
  net::EventLoop::WatchId watch = 0;
  base::Descriptor socket = leave(watch);
  core_.begin_connection(*this, std::move(socket), peer_, watch);
}

// The socket with its registration, for the next owner.
base::Descriptor ClientHelloPeek::leave(net::EventLoop::WatchId& watch) {
  watch = std::exchange(watch_, 0);
  timer_.disarm();
  return std::move(socket_);
}

void ClientHelloPeek::on_deadline() {
  core_.context().metrics.count_timeout();
  core_.drop(*this);
}

}  // namespace mex::server
