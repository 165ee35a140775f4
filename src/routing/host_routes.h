#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/ipv4.h"
#include "base/mutex.h"
#include "routing/host_route.h"
#include "routing/kernel_routes.h"

namespace mex::store {
class Store;
}  // namespace mex::store

namespace mex::routing {

// A route that the agent itself needs, to the nodes of a cluster.
struct ClusterRoute {
  std::string cluster_id;
  std::string subnet;   // "10.101.3.0/24"; empty: not known, and the cluster's routes all stay
  std::string gateway;  // empty: not known now; a route that is there already stays
};

struct HostRouteView {
  HostRoute route;
  std::string cluster_id;  // the one the agent needs it for; empty: the operator's
  std::string problem;     // why it is not active; empty: it is
};

// The routes into private networks that the operator wants, and those that the agent needs to reach
// its clusters: kept in the store, added to the kernel's table, and added again when they get lost
// (an interface that goes down and up takes its routes along). Of two routes to one subnet, the
// operator's wins. Routes of other programs are never changed. Thread-safe.
//
// restore() finishes what a crash between store and kernel has interrupted: a record says whether
// its route is wanted, and is erased only after the route is removed.
class HostRoutes {
 public:
  // `store` outlives this object.
  static absl::StatusOr<std::unique_ptr<HostRoutes>> open(store::Store& store);
  HostRoutes(const HostRoutes&) = delete;
  HostRoutes& operator=(const HostRoutes&) = delete;
  // Routes stay in the kernel: traffic goes on while the agent is restarted.
  ~HostRoutes();

  // Reads the store, activates its routes and begins to watch. Called once, first. A route that
  // cannot be activated is not an error: list() says why, and it is tried again at every change of
  // the host's network. A record that cannot be read is set aside: what the kernel has of its route
  // stays, and add() and remove() answer FailedPrecondition for its subnet.
  absl::Status restore();

  // The operator's, all or nothing. The same subnet replaces. InvalidArgument names "routes[i].…";
  // other errors are those of KernelRoutes::add, or Unavailable from the store.
  absl::Status add(const std::vector<HostRoute>& routes);

  // The operator's, by subnet; gateway and device are not looked at. Removes nothing and names the
  // subnet if one of them was not added here (NotFound) or is the agent's own (FailedPrecondition).
  absl::Status remove(const std::vector<HostRoute>& routes);

  // `routes` are all that the agent needs from now on: its other ones are removed. Never fails:
  // what cannot be activated or stored is logged, shown by list(), and tried again at every change
  // of the host's network and at the next call. Of two routes to one subnet the first counts.
  void use_cluster_routes(const std::vector<ClusterRoute>& routes);

  // Sorted by subnet, the operator's before the agent's.
  std::vector<HostRouteView> list() const;

  // The IPv4 blocks that the host reaches by other routes than those which the agent needs itself:
  // its own networks, other programs' and the operator's. Without the default route.
  std::vector<base::Ipv4Block> other_networks() const;

  // The whole main table of the kernel as `ip route show` prints it, the agent's own with their
  // cluster; behind it a line for each route that is wanted and not active.
  absl::StatusOr<std::string> table() const;

 private:
  struct Entry {
    HostRoute route;
    std::string cluster_id;
    bool is_wanted = true;
    std::string problem;
  };
  using Entries = std::map<std::string, Entry>;  // by subnet

  HostRoutes(store::Store& store, std::unique_ptr<KernelRoutes> kernel);
  absl::Status read(std::string_view prefix, Entries& entries);
  absl::StatusOr<Entries> check(const std::vector<HostRoute>& routes) const;
  absl::Status check_removable(const std::string& subnet, const std::string& field) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status keep(std::string_view prefix, const Entries& entries);
  absl::Status drop(const std::vector<std::string>& subnets) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status sweep_unwanted() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status sweep(std::string_view prefix, Entries& entries)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void undo(const Entries& added) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void add_needed(const ClusterRoute& route, Entries& needed) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status adopt_needed() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void reconcile() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void activate(Entry& entry, const std::vector<KernelRoute>& present);
  static bool is_wanted(const Entries& entries, const std::string& subnet);

  store::Store& store_;
  const std::unique_ptr<KernelRoutes> kernel_;
  mutable base::Mutex mutex_;  // held through a whole change
  Entries operators_ ABSL_GUARDED_BY(mutex_);
  Entries clusters_ ABSL_GUARDED_BY(mutex_);
  // By use_cluster_routes; nothing before the first call: then clusters_ stays as it was restored.
  std::optional<Entries> needed_by_clusters_ ABSL_GUARDED_BY(mutex_);
  std::jthread watcher_;
};

}  // namespace mex::routing
