#include "net/listener.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/status.h"
#include "net/listening_sockets.h"

namespace mex::net {
namespace {

constexpr int kBacklog = 4096;  // the kernel cuts it to net.core.somaxconn
constexpr int kAcceptsPerTurn = 64;
constexpr std::chrono::milliseconds kRetryDelay{100};

enum class Sharing : std::uint8_t { Exclusive, Shared };

absl::Status cannot_listen(int error_number, const Address& address) {
  return base::errno_status(error_number, fmt::format("listening on {}", address.text()));
}

// errno, or 0. An open option that fails would not keep the socket from working as meant.
int bind_to(int socket, const Address& address, Sharing sharing) {
  const int on = 1;
  const int off = 0;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (sharing == Sharing::Shared) {
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  }
  if (address.family() == AF_INET6) {
    ::setsockopt(socket, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  }
  return ::bind(socket, address.data(), address.size()) == 0 ? 0 : errno;
}

absl::StatusOr<base::Descriptor> bound_socket(const Address& address, Sharing sharing) {
  base::Descriptor socket(
      ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
  const int error_number = socket.valid() ? bind_to(socket.get(), address, sharing) : errno;
  if (error_number == 0) return socket;
  const bool no_ipv6 = error_number == EAFNOSUPPORT || error_number == EADDRNOTAVAIL;
  if (no_ipv6 && address.family() == AF_INET6 && address.is_any()) {
    MEX_ASSIGN_OR_RETURN(const Address any_ipv4, Address::parse_ip("0.0.0.0", address.port()));
    return bound_socket(any_ipv4, sharing);
  }
  return cannot_listen(error_number, address);
}

base::Descriptor open_reserve() {
  return base::Descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

// One that listens already, or a new one.
absl::StatusOr<base::Descriptor> socket_at(const Address& address) {
  if (auto inherited = ListeningSockets::of_process().take(address)) return *std::move(inherited);
  return bound_socket(address, Sharing::Shared);
}

}  // namespace

absl::Status check_address_free(const Address& address) {
  if (address.port() == 0) return absl::OkStatus();
  if (ListeningSockets::of_process().has_inherited(address)) return absl::OkStatus();
  return bound_socket(address, Sharing::Exclusive).status();
}

absl::StatusOr<std::unique_ptr<Listener>> Listener::open(EventLoop& loop, const Address& address,
                                                         AcceptHandler& handler) {
  MEX_ASSIGN_OR_RETURN(base::Descriptor socket, socket_at(address));
  // Accepted sockets inherit it, which saves a system call for each of them.
  const int on = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::listen(socket.get(), kBacklog) != 0) return cannot_listen(errno, address);
  const Address local = Address::local_of(socket.get());
  std::unique_ptr<Listener> listener(new Listener(loop, std::move(socket), local, handler));
  if (listener->watch_ == 0) return cannot_listen(errno, address);
  return listener;
}

Listener::Listener(EventLoop& loop, base::Descriptor socket, const Address& local,
                   AcceptHandler& handler)
    : loop_(loop),
      socket_(std::move(socket)),
      local_(local),
      handler_(handler),
      reserve_(open_reserve()),
      more_([this] { accept_some(); }),
      retry_(loop.timers(), [this] { accept_some(); }) {
  ListeningSockets::of_process().add(socket_.get());
  watch_ = loop_.watch(socket_.get(), *this);
}

Listener::~Listener() {
  loop_.unwatch(watch_);
  close();
}

void Listener::close() {
  if (!socket_.valid()) return;
  // First, so that no copy is made of a number that may be another descriptor's by then.
  ListeningSockets::of_process().remove(socket_.get());
  socket_.reset();
}

void Listener::resume() {
  paused_ = false;
  // Edges that came meanwhile were ignored, so a connection may be waiting.
  if (socket_.valid()) loop_.next_turn(more_);
}

void Listener::drain_and_close() {
  if (!socket_.valid()) return;
  paused_ = false;
  while (!paused_ && accept_one() == AcceptOutcome::Again) {
  }
  paused_ = true;
  more_.cancel();
  retry_.disarm();
  loop_.unwatch(std::exchange(watch_, 0));
  close();
}

void Listener::on_ready(Readiness) { accept_some(); }

void Listener::accept_some() {
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    if (paused_) return;
    switch (accept_one()) {
      case AcceptOutcome::Again:
        break;
      case AcceptOutcome::Drained:
        return;
      case AcceptOutcome::Retry:
        retry_.arm(kRetryDelay);
        return;
    }
  }
  loop_.next_turn(more_);
}

Listener::AcceptOutcome Listener::accept_one() {
  sockaddr_storage peer{};
  socklen_t length = sizeof peer;
  base::Descriptor socket(::accept4(socket_.get(), reinterpret_cast<sockaddr*>(&peer), &length,
                                    SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!socket.valid()) return on_accept_error(errno);
  handler_.on_accept(std::move(socket),
                     Address::from_sockaddr(reinterpret_cast<const sockaddr*>(&peer), length));
  return AcceptOutcome::Again;
}

Listener::AcceptOutcome Listener::on_accept_error(int error_number) {
  switch (error_number) {
    case EAGAIN:
      return AcceptOutcome::Drained;
    case EMFILE:
    case ENFILE:
      return refuse_one();
    case ENOBUFS:
    case ENOMEM:
      return AcceptOutcome::Retry;
    default:
      // Errors of the connection that was to be accepted (accept(2)): it is gone, the next may be
      // fine.
      return AcceptOutcome::Again;
  }
}

// The edge will not come again for connections that are left waiting, and level-triggered it would
// never stop coming.
Listener::AcceptOutcome Listener::refuse_one() {
  if (!reserve_.valid()) reserve_ = open_reserve();
  if (!reserve_.valid()) return AcceptOutcome::Retry;
  reserve_.reset();
  base::Descriptor refused(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  const int error_number = errno;
  const bool accepted = refused.valid();
  refused.reset();
  reserve_ = open_reserve();
  if (accepted) {
    ++refused_;
    return AcceptOutcome::Again;
  }
  return error_number == EAGAIN ? AcceptOutcome::Drained : AcceptOutcome::Retry;
}

}  // namespace mex::net
