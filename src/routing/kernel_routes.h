#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "routing/host_route.h"

namespace mex::routing {

// A route of the kernel's main table.
struct KernelRoute {
  HostRoute route;  // subnet "default" for the default route
  bool is_ours = false;
  std::string text;  // a line as `ip route show` prints it
};

// True if one of `routes` leads to the subnet the way `wanted` says.
bool is_active(const HostRoute& wanted, const std::vector<KernelRoute>& routes);

// The routes of the network namespace that the process is in, over rtnetlink(7). Thread-safe;
// calls last as long as the kernel needs. Changing them takes CAP_NET_ADMIN.
class KernelRoutes {
 public:
  static absl::StatusOr<std::unique_ptr<KernelRoutes>> open();
  KernelRoutes(const KernelRoutes&) = delete;
  KernelRoutes& operator=(const KernelRoutes&) = delete;
  ~KernelRoutes();

  // Takes the place of a route of ours to the same subnet. OK if the same route exists, also
  // if another program made it. `route` is normalized().
  //   AlreadyExists      a route of another program leads there another way
  //   PermissionDenied   CAP_NET_ADMIN is missing
  //   NotFound           there is no such interface
  //   FailedPrecondition the kernel refuses: the gateway is on no network of the host, …
  absl::Status add(const HostRoute& route);

  // Removes the route to that subnet if it is ours; OK if there is none.
  absl::Status remove(const HostRoute& route);

  // IPv4 before IPv6, in the kernel's order.
  absl::StatusOr<std::vector<KernelRoute>> list();

 private:
  class Impl;
  explicit KernelRoutes(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace mex::routing
