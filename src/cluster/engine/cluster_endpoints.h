#pragma once

#include <string>
#include <vector>

namespace mex::cluster {

// How one cluster is reached from the machine the agent runs on.
struct ClusterEndpoints {
  std::string cluster_id;
  // The name that leads through the proxy's port to the masters; empty if none does.
  std::string api_server_name;
  std::vector<std::string> master_addresses;
  std::string subnet;   // "10.101.7.0/24"; empty: no route is needed
  std::string gateway;  // the router's address on the external network; empty while not known

  bool operator==(const ClusterEndpoints&) const = default;
};

}  // namespace mex::cluster
