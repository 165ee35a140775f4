#pragma once

#include <string>
#include <vector>

namespace mex::cluster {

// How a cluster is reached from the agent's machine. Values.
struct ClusterReach {
  std::string cluster_id;
  // "<cluster>.<tenant>.<fqdn>", lower case; empty without -fqdn, or when the flavor's
  // access.api_passthrough is false.
  std::string api_server_name;
  std::vector<std::string> master_addresses;  // those that are in order
  std::string subnet;   // "10.101.7.0/24"; empty: no route is needed (shared, external)
  std::string gateway;  // the router's address on the external network; empty while not known
};

}  // namespace mex::cluster
