#pragma once

#include <string>
#include <vector>

#include "kubernetes/services/service_view.h"
#include "net/address_range.h"
#include "routing/kernel_routes.h"

namespace mex::routing {

// What a cluster's addresses are, as the agent itself knows it: not as its API server says.
struct ClusterNetworks {
  std::string pod_network;  // "10.244.0.0/16"
  std::string node_subnet;  // "10.101.7.0/24"; empty: not known
  std::vector<std::string> node_addresses;
  std::string gateway;  // to the nodes' subnet; empty: none is needed, or known
};

// The kernel's routes, by where they lead. Immutable.
class RouteLookup {
 public:
  explicit RouteLookup(const std::vector<KernelRoute>& routes);

  // What the most specific route to the address has as its gateway: empty if it has none, or if
  // there is none but the default one.
  std::string gateway_to(const net::Address& address) const;

 private:
  struct Entry {
    net::AddressRange range;
    std::string gateway;
  };
  std::vector<Entry> entries_;  // the longest first
};

// Nodes are reached the way the API server is. To pods there has to be a route, and it has to lead
// into this cluster: pods of several clusters have the same addresses.
kubernetes::Reach reach_of(const std::string& address, const ClusterNetworks& networks,
                           const RouteLookup& routes);

}  // namespace mex::routing
