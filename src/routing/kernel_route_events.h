#pragma once

#include <memory>
#include <stop_token>

#include "absl/status/statusor.h"

struct nl_sock;

namespace mex::routing {

// Tells that routes, links or addresses of the host changed, over rtnetlink(7). For one thread.
class KernelRouteEvents {
 public:
  static absl::StatusOr<std::unique_ptr<KernelRouteEvents>> open();
  KernelRouteEvents(const KernelRouteEvents&) = delete;
  KernelRouteEvents& operator=(const KernelRouteEvents&) = delete;
  ~KernelRouteEvents();

  // Waits until something has changed since the last call. False after a stop.
  bool wait(const std::stop_token& stop);

 private:
  KernelRouteEvents(nl_sock* socket, int wake) : socket_(socket), wake_(wake) {}
  void drain() const;

  nl_sock* socket_;
  int wake_;  // an eventfd that the stop token writes to
};

}  // namespace mex::routing
