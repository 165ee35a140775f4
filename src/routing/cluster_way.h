#pragma once

#include <string>
#include <vector>

#include "cluster/engine/cluster_endpoints.h"
#include "proxy/passthrough_table.h"

namespace mex::routing {

// How one cluster is reached from the agent's host, and its API server from outside.
struct ClusterWay {
  std::string cluster_id;
  bool is_unknown = false;  // what is set up for it stays
  // The name by which clients ask for the API server (SNI), lower case; empty: it is not passed
  // through.
  std::string api_server_name;
  // The healthy ones; empty: there is none now, and connections that ask for the name are reset.
  proxy::PassthroughServers api_servers;
  std::string subnet;   // of the nodes, "10.101.7.0/24"; empty: no route is needed
  std::string gateway;  // to the subnet; empty: not known now
};

// The ways into clusters with these endpoints. Invalid addresses are left out and logged.
std::vector<ClusterWay> to_ways(const std::vector<cluster::ClusterEndpoints>& endpoints);

}  // namespace mex::routing
