#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

// Which pods live where with the built-in bridge CNI: the node with the n-th address of the nodes'
// subnet has the n-th /24 of the pod network. So every node knows the way to all pods before any
// other node exists, and needs no update when nodes come and go.
namespace mex::kubernetes {

struct PodRoute {
  std::string pod_network;   // "10.244.20.0/24"
  std::string node_address;  // "10.101.7.20"

  bool operator==(const PodRoute&) const = default;
};

// The pod network of the node with `node_address`.
//   InvalidArgument  not IPv4, an address outside the subnet, or a pod network that is too small to
//                    have a /24 for every address of the subnet (all three are named)
absl::StatusOr<std::string> pod_network_of(std::string_view pod_network, std::string_view subnet,
                                           std::string_view node_address);

// The ways to the pods of all other nodes that the subnet can hold. Errors as above; a subnet of
// more than 1024 addresses is refused.
absl::StatusOr<std::vector<PodRoute>> pod_routes(std::string_view pod_network,
                                                 std::string_view subnet,
                                                 std::string_view node_address);

}  // namespace mex::kubernetes
