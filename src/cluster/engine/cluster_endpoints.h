#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kubernetes/api_server_port.h"

namespace mex::cluster {

// How one cluster is reached from the machine the agent runs on.
struct ClusterEndpoints {
  std::string cluster_id;
  // Its record cannot be read: what was set up to reach it stays as it is.
  bool is_unknown = false;
  // The name that leads through the proxy's port to the masters; empty if none does.
  std::string api_server_name;
  std::vector<std::string> master_addresses;
  std::uint16_t api_server_port = kubernetes::kApiServerPort;  // of all masters
  std::string subnet;   // "10.101.7.0/24"; empty: no route is needed
  std::string gateway;  // the router's address on the external network; empty while not known

  bool operator==(const ClusterEndpoints&) const = default;
};

}  // namespace mex::cluster
