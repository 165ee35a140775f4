#include "net/transport.h"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "base/status.h"

namespace mex::net {
namespace {

// More pieces than a session ever has ready; far below the kernel's limit of 1024.
constexpr std::size_t kMaxPieces = 64;

IoResult failure_of_last_call() {
  if (errno == EAGAIN || errno == EWOULDBLOCK) return IoResult::would_block();
  return IoResult::system_error(errno);
}

class TcpTransport final : public Transport {
 public:
  TcpTransport(base::Descriptor socket, bool connecting)
      : socket_(std::move(socket)), connecting_(connecting) {}

  int descriptor() const override { return socket_.get(); }

  IoResult handshake() override {
    if (!connecting_) return IoResult::progress(0, false);
    const IoResult result = finish_connect(socket_.get());
    if (result.status == IoStatus::Progress) connecting_ = false;
    return result;
  }

  IoResult read(std::span<char> into) override { return read_socket(socket_.get(), into); }

  IoResult write(std::span<const iovec> pieces) override {
    return write_socket(socket_.get(), pieces);
  }

  IoResult shutdown_write() override {
    if (::shutdown(socket_.get(), SHUT_WR) != 0) return IoResult::system_error(errno);
    return IoResult::progress(0, false);
  }

 private:
  base::Descriptor socket_;
  bool connecting_;
};

}  // namespace

IoResult read_socket(int socket, std::span<char> into) {
  for (;;) {
    const ssize_t count = ::recv(socket, into.data(), into.size(), 0);
    if (count > 0) {
      const auto bytes = static_cast<std::size_t>(count);
      return IoResult::progress(bytes, bytes < into.size());
    }
    if (count == 0) return IoResult::end();
    if (errno != EINTR) return failure_of_last_call();
  }
}

IoResult write_socket(int socket, std::span<const iovec> pieces) {
  const std::span<const iovec> now = pieces.first(std::min(pieces.size(), kMaxPieces));
  std::size_t wanted = 0;
  for (const iovec& piece : now) wanted += piece.iov_len;
  if (wanted == 0) return IoResult::progress(0, false);
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(now.data());  // sendmsg only reads it
  message.msg_iovlen = now.size();
  for (;;) {
    const ssize_t count = ::sendmsg(socket, &message, MSG_NOSIGNAL);
    if (count >= 0) {
      const auto bytes = static_cast<std::size_t>(count);
      return IoResult::progress(bytes, bytes < wanted);
    }
    if (errno != EINTR) return failure_of_last_call();
  }
}

IoResult finish_connect(int socket) {
  int error_number = 0;
  socklen_t length = sizeof error_number;
  if (::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error_number, &length) != 0) {
    return IoResult::system_error(errno);
  }
  if (error_number != 0) return IoResult::system_error(error_number);
  // No error yet is not a connection yet: only a connected socket has a peer.
  if (Address::peer_of(socket).empty()) return IoResult::would_block();
  return IoResult::progress(0, false);
}

void Transport::reset_on_close() {
  const linger reset{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(descriptor(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
}

void Transport::notice_lost_peer(std::chrono::seconds time) {
  const auto set = [this](int level, int name, auto value) {
    const auto number = static_cast<int>(value);
    ::setsockopt(descriptor(), level, name, &number, sizeof number);
  };
  // The first question after half the time, a few more until it is over: one may get lost.
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, std::max<std::int64_t>(1, time.count() / 2));
  set(IPPROTO_TCP, TCP_KEEPINTVL, std::max<std::int64_t>(1, time.count() / 6));
  // It holds for unanswered questions as for bytes that were not acknowledged (tcp(7)).
  set(IPPROTO_TCP, TCP_USER_TIMEOUT, std::chrono::milliseconds(time).count());
}

std::string Transport::to_string(const IoResult& result) const {
  if (result.source == ErrorSource::System) {
    return std::generic_category().message(static_cast<int>(result.code));
  }
  return result.source == ErrorSource::Tls ? fmt::format("TLS error {}", result.code) : "no error";
}

std::unique_ptr<Transport> make_tcp_transport(base::Descriptor socket, bool connecting) {
  return std::make_unique<TcpTransport>(std::move(socket), connecting);
}

ConnectStart connect_to(const Address& address) {
  ConnectStart start;
  start.socket.reset(
      ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
  if (!start.socket.valid()) {
    start.error_number = errno;
    return start;
  }
  const int on = 1;
  ::setsockopt(start.socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(start.socket.get(), address.data(), address.size()) != 0 && errno != EINPROGRESS) {
    start.error_number = errno;
    start.socket.reset();
  }
  return start;
}

bool is_quiet(int socket) {
  char byte = 0;
  return ::recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
         (errno == EAGAIN || errno == EWOULDBLOCK);
}

}  // namespace mex::net
