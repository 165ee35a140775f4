#include "api/grpc_listener.h"

#include <sys/epoll.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <utility>

#include "base/status.h"

namespace mex::api {
namespace {

// How soon after a connection's end its descriptor is looked for again.
constexpr std::chrono::milliseconds kLookAgain{20};

}  // namespace

absl::StatusOr<std::unique_ptr<GrpcListener>> GrpcListener::open(net::EventLoop& loop,
                                                                 const net::Address& address,
                                                                 GrpcConnections& connections,
                                                                 TakeSocket take) {
  base::Descriptor ends(epoll_create1(EPOLL_CLOEXEC));
  if (!ends.valid()) return base::errno_status(errno, "epoll_create1");
  std::unique_ptr<GrpcListener> opened(
      new GrpcListener(loop, connections, std::move(take), std::move(ends)));
  MEX_ASSIGN_OR_RETURN(opened->listener_, net::Listener::open(loop, address, *opened));
  return opened;
}

GrpcListener::GrpcListener(net::EventLoop& loop, GrpcConnections& connections, TakeSocket take,
                           base::Descriptor ends)
    : loop_(loop),
      connections_(connections),
      take_(std::move(take)),
      ends_(std::move(ends)),
      watch_(loop.watch(ends_.get(), *this)),
      look_again_(loop.timers(), [this] { remove_closed(); }) {}

GrpcListener::~GrpcListener() { loop_.unwatch(watch_); }

void GrpcListener::on_accept(base::Descriptor socket, const net::Address& peer) {
  const std::optional<int> duplicate = connections_.add(peer, socket.get(), loop_.now());
  if (duplicate) {
    epoll_event event{};  // no bits: errors and hang-ups are always reported
    event.data.fd = *duplicate;
    epoll_ctl(ends_.get(), EPOLL_CTL_ADD, *duplicate, &event);
    take_(socket.release());
  }
  if (!connections_.is_full()) return;
  listener_->pause();
  look_again_.arm(kLookAgain);
}

void GrpcListener::on_ready(net::Readiness) {
  std::array<epoll_event, 64> events{};
  for (;;) {
    const int count = epoll_wait(ends_.get(), events.data(), static_cast<int>(events.size()), 0);
    if (count <= 0) break;
    for (int i = 0; i < count; ++i) {
      const int duplicate = events[static_cast<std::size_t>(i)].data.fd;
      epoll_ctl(ends_.get(), EPOLL_CTL_DEL, duplicate, nullptr);
      connections_.note_ended(duplicate);
    }
  }
  remove_closed();
}

void GrpcListener::remove_closed() {
  if (connections_.remove_closed()) look_again_.arm(kLookAgain);
  if (!connections_.is_full()) listener_->resume();
}

}  // namespace mex::api
