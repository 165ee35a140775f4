#pragma once

#include <functional>
#include <vector>

#include "proxy/passthrough_table.h"
#include "routing/cluster_way.h"
#include "routing/host_routes.h"

namespace mex::routing {

// Keeps the ways into clusters as the clusters are: routes of the host to their nodes, and the
// proxy's table of names that lead to their API servers. For control threads, one call at a time.
class ClusterAccess {
 public:
  using Apply = std::function<void(proxy::PassthroughTablePtr)>;

  // `apply` activates a table; null while the proxy is off. `routes` outlives this object.
  ClusterAccess(HostRoutes& routes, Apply apply) : routes_(routes), apply_(std::move(apply)) {}
  ClusterAccess(const ClusterAccess&) = delete;
  ClusterAccess& operator=(const ClusterAccess&) = delete;

  // `ways` are those of all clusters; ways to other clusters are removed. Active when it returns,
  // as far as the host allows: HostRoutes::use_cluster_routes. The table is applied only if it has
  // changed, so that connections are not disturbed.
  void use(const std::vector<ClusterWay>& ways);

 private:
  HostRoutes& routes_;
  const Apply apply_;
  proxy::PassthroughTable table_;  // the active one
};

}  // namespace mex::routing
