#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "routing/host_route.h"
#include "routing/kernel_routes.h"

namespace mex::store {
class Store;
}  // namespace mex::store

namespace mex::routing {

// A route that the agent itself needs, to the nodes of a cluster.
struct ClusterRoute {
  std::string cluster_id;
  std::string subnet;   // "10.101.3.0/24"
  std::string gateway;  // empty: not known now; a route that is there already stays
};

struct HostRouteView {
  HostRoute route;
  std::string cluster_id;  // whom the agent needs it for; empty: the operator's
  std::string problem;     // why it is not in force; empty: it is
};

// The routes into private networks that the operator wants, and those that the agent needs to reach
// its clusters: kept in the store, put into the kernel's table, and put there again when they get
// lost (an interface that went down and up takes its routes along). To the same subnet, the
// operator's goes before the agent's. Routes of others are never changed. Thread-safe.
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

  // The operator's, all or nothing. The same subnet replaces. InvalidArgument names "routes[i].…";
  // other errors are those of KernelRoutes::add, or Unavailable from the store.
  absl::Status add(const std::vector<HostRoute>& routes);

  // The operator's, by subnet; gateway and device are not looked at. Removes nothing and names the
  // subnet if one of them was not added here (NotFound) or is the agent's own (FailedPrecondition).
  absl::Status remove(const std::vector<HostRoute>& routes);

  // All that the agent needs from now on: others of its own are removed. Never fails: what cannot
  // be put in force or stored is logged, shown by list(), and tried again at every change of the
  // host's network and at the next call. Of two routes to one subnet the first counts.
  void use_cluster_routes(const std::vector<ClusterRoute>& routes);

  // Sorted by subnet, the operator's before the agent's.
  std::vector<HostRouteView> list() const;

  // The whole main table of the kernel as `ip route show` prints it, the agent's own with their
  // cluster; behind it a line for each route that is wanted and not in force.
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
  absl::Status read(std::string_view prefix, Entries& entries) const;
  absl::StatusOr<Entries> check(const std::vector<HostRoute>& routes) const;
  absl::Status check_removable(const std::string& subnet, const std::string& field) const;
  absl::Status keep(std::string_view prefix, const Entries& entries);
  absl::Status drop(const std::vector<std::string>& subnets);
  absl::Status sweep_unwanted();
  absl::Status sweep(std::string_view prefix, Entries& entries);
  void undo(const Entries& added);
  absl::Status adopt_needed();
  void settle();
  void activate(Entry& entry, const std::vector<KernelRoute>& present);
  static bool is_wanted(const Entries& entries, const std::string& subnet);

  store::Store& store_;
  const std::unique_ptr<KernelRoutes> kernel_;
  mutable std::mutex mutex_;  // held through a whole change
  Entries operators_;
  Entries clusters_;
  // By use_cluster_routes; nothing before the first call: then clusters_ stays as it was restored.
  std::optional<Entries> needed_by_clusters_;
  std::jthread watcher_;
};

}  // namespace mex::routing
