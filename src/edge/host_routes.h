#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "edge/host_route.h"
#include "edge/kernel_routes.h"

namespace mex::store {
class Store;
}

namespace mex::edge {

struct HostRouteView {
  HostRoute route;
  std::string problem;  // why it is not in force; empty: it is
};

// The routes into private networks that the operator wants: kept in the store, put into the
// kernel's table, and put there again when they get lost (an interface that went down and up takes
// its routes along). Routes of others are never changed. Thread-safe.
//
// A crash between store and kernel is settled by restore(): a record says whether its route is
// wanted, and is erased only after the route is gone.
class HostRoutes {
 public:
  // `store` outlives this object.
  static absl::StatusOr<std::unique_ptr<HostRoutes>> open(store::Store& store);
  HostRoutes(const HostRoutes&) = delete;
  HostRoutes& operator=(const HostRoutes&) = delete;
  // Routes stay in the kernel: traffic goes on while the agent is restarted.
  ~HostRoutes();

  // Reads the store, puts what is there in force and begins to watch. Called once, first. A route
  // that cannot be put in force is not an error: list() says why, and it is tried again at every
  // change of the host's network. DataLoss names the record that cannot be read.
  absl::Status restore();

  // All or nothing. The same subnet replaces. InvalidArgument names "routes[i].…"; other errors are
  // those of KernelRoutes::add, or Unavailable from the store.
  absl::Status add(const std::vector<HostRoute>& routes);

  // By subnet; gateway and device are not looked at. NotFound, naming the subnet and removing
  // nothing, if one of them was not added here.
  absl::Status remove(const std::vector<HostRoute>& routes);

  // Sorted by subnet.
  std::vector<HostRouteView> list() const;

  // The whole main table of the kernel as `ip route show` prints it.
  absl::StatusOr<std::string> kernel_table() const;

 private:
  struct Entry {
    HostRoute route;
    bool is_wanted = true;
    std::string problem;
  };
  using Entries = std::map<std::string, Entry>;  // by subnet

  HostRoutes(store::Store& store, std::unique_ptr<KernelRoutes> kernel);
  absl::StatusOr<Entries> check(const std::vector<HostRoute>& routes) const;
  absl::Status keep(const Entries& entries);
  absl::Status drop(const std::vector<std::string>& subnets);
  absl::Status sweep_unwanted();
  void undo(const Entries& added);
  void settle();

  store::Store& store_;
  const std::unique_ptr<KernelRoutes> kernel_;
  mutable std::mutex mutex_;  // held through a whole change
  Entries entries_;
  std::jthread watcher_;
};

}  // namespace mex::edge
