#pragma once

#include <map>
#include <string>
#include <vector>

#include "cluster/flavor.h"

namespace mex::cluster {

// One node's place in a cluster.
struct NodeSpec {
  std::string slot;  // "master-1"
  NodeRole role = NodeRole::Worker;
  std::string address;  // empty: Neutron chooses (only on a shared network)

  bool operator==(const NodeSpec&) const = default;
};

// A wish with every default filled in: what the cluster is to be. Decided once, when the wish is
// accepted, so that later changes of the defaults do not touch clusters that exist.
struct ClusterSpec {
  std::string tenant;
  std::string name;
  std::string kind;
  std::string flavor;
  std::string image;
  std::string region;
  std::string zone;
  std::string network;                          // shared network; empty: isolated
  std::string external_network;                 // empty: the only one there is
  std::string fixed_ip;                         // as wished; the first master's
  std::map<std::string, std::string> metadata;  // the wish's own, for every server
  std::string proxy_address;  // edge proxy and master, told to the servers in their metadata
  std::string master_address;

  std::string subnet;  // "10.101.7.0/24"; empty on a shared network
  std::vector<NodeSpec> nodes;

  bool isolated() const { return network.empty(); }
  bool operator==(const ClusterSpec&) const = default;
};

}  // namespace mex::cluster
