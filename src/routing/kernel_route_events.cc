#include "routing/kernel_route_events.h"

#include <linux/rtnetlink.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>

#include "base/status.h"

namespace mex::routing {

absl::StatusOr<std::unique_ptr<KernelRouteEvents>> KernelRouteEvents::open() {
  nl_sock* socket = nl_socket_alloc();
  const int wake = eventfd(0, EFD_CLOEXEC);
  std::unique_ptr<KernelRouteEvents> events(new KernelRouteEvents(socket, wake));
  if (socket == nullptr || wake < 0) {
    return absl::ResourceExhaustedError("netlink: no memory or no file descriptor");
  }
  int error = nl_connect(socket, NETLINK_ROUTE);
  if (error >= 0) error = nl_socket_set_nonblocking(socket);
  if (error >= 0) {
    error = nl_socket_add_memberships(socket, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE, RTNLGRP_LINK,
                                      RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, 0);
  }
  if (error < 0) {
    return base::error(absl::StatusCode::kUnavailable, "netlink: {}", nl_geterror(error));
  }
  return events;
}

KernelRouteEvents::~KernelRouteEvents() {
  if (socket_ != nullptr) nl_socket_free(socket_);
  if (wake_ >= 0) ::close(wake_);
}

bool KernelRouteEvents::wait(const std::stop_token& stop) {
  const std::stop_callback wake_up(stop, [this] {
    const std::uint64_t one = 1;
    // It cannot fail: there is no other writer, so the counter does not overflow.
    [[maybe_unused]] const ssize_t written = ::write(wake_, &one, sizeof one);
  });
  while (!stop.stop_requested()) {
    std::array<pollfd, 2> waited{pollfd{nl_socket_get_fd(socket_), POLLIN, 0},
                                 pollfd{wake_, POLLIN, 0}};
    if (::poll(waited.data(), waited.size(), -1) < 0 && errno != EINTR) return false;
    if (waited[0].revents == 0) continue;
    drain();
    return !stop.stop_requested();
  }
  return false;
}

// What the messages say does not matter, nor that some were lost (ENOBUFS): the waiting thread
// reads the whole table.
void KernelRouteEvents::drain() const {
  std::array<char, 8192> ignored{};
  for (;;) {
    const ssize_t count = ::recv(nl_socket_get_fd(socket_), ignored.data(), ignored.size(), 0);
    if (count < 0 && errno != ENOBUFS && errno != EINTR) return;
  }
}

}  // namespace mex::routing
