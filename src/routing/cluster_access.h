#pragma once

#include <functional>
#include <string>
#include <vector>

#include "proxy/passthrough_table.h"
#include "routing/host_routes.h"

namespace mex::routing {

// How one cluster is reached from the agent's host, and its API server from outside.
struct ClusterWay {
  std::string cluster_id;
  // The name by which clients ask for the API server (SNI), lower case; empty: it is not passed
  // through.
  std::string api_server_name;
  // Those that are in order; empty: none is now, and who asks for the name is reset.
  proxy::PassthroughServers api_servers;
  std::string subnet;   // of the nodes, "10.101.7.0/24"; empty: no route is needed
  std::string gateway;  // to the subnet; empty: not known now
};

// Keeps the ways into clusters as the clusters are: routes of the host to their nodes, and the
// proxy's table of names that lead to their API servers. For control threads, one call at a time.
class ClusterAccess {
 public:
  using Apply = std::function<void(proxy::PassthroughTablePtr)>;

  // `apply` puts a table in force; null while the proxy is off. `routes` outlives this object.
  ClusterAccess(HostRoutes& routes, Apply apply) : routes_(routes), apply_(std::move(apply)) {}
  ClusterAccess(const ClusterAccess&) = delete;
  ClusterAccess& operator=(const ClusterAccess&) = delete;

  // All clusters that there are; what led to others is taken away. In force when it returns, as far
  // as the host allows: HostRoutes::use_cluster_routes. The table is applied only if it has
  // changed, so that connections are left in peace.
  void use(const std::vector<ClusterWay>& ways);

 private:
  HostRoutes& routes_;
  const Apply apply_;
  proxy::PassthroughTable table_;  // in force
};

}  // namespace mex::routing
