#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/record.h"
#include "cluster/flavor/flavor.h"

namespace mex::cluster {

// One node's place in a cluster.
struct NodeSpec {
  std::string slot;  // "master-1"
  NodeRole role = NodeRole::Worker;
  std::string group;        // kMasterGroup or the name of its worker pool
  std::string nova_flavor;  // name or id
  std::string image;        // name or id
  std::string zone;         // availability zone; empty: Nova chooses
  std::string address;      // empty: Neutron chooses (never in an isolated network)

  bool operator==(const NodeSpec&) const = default;
};

constexpr auto fields_of(const NodeSpec*) {
  using T = NodeSpec;
  return base::fields(base::field("slot", &T::slot), base::field("role", &T::role),
                      base::field("group", &T::group), base::field("nova_flavor", &T::nova_flavor),
                      base::field("image", &T::image), base::field("zone", &T::zone),
                      base::field("address", &T::address));
}

// A request with every default filled in: what the cluster is to be. It is decided once, when the
// request is accepted, so that later changes of the defaults and of the flavor do not touch
// clusters that exist.
struct ClusterSpec {
  std::string tenant;
  std::string name;
  // The cluster's own copy, as it was at `flavor_revision`; what it left to the platform about
  // images is filled in.
  ClusterFlavor flavor;
  std::int64_t flavor_revision = 1;
  std::string region;
  std::vector<std::string> zones;                  // that the nodes are spread over
  NetworkScheme scheme = NetworkScheme::Isolated;  // never Platform
  std::string network;                             // Shared: name or id
  std::string external_network;                    // empty: the only one there is
  std::string fixed_ip;                            // as requested; the first master's
  std::map<std::string, std::string> metadata;     // the request's, for every server
  std::string proxy_address;                       // edge proxy and master, given to the
  std::string master_address;                      // servers in their metadata

  std::string subnet;  // "10.101.7.0/24"; empty unless isolated
  std::vector<NodeSpec> nodes;

  // Whether the agent makes a Kubernetes cluster of the servers. Otherwise their image does.
  bool is_managed() const { return flavor.kubernetes.image_style != ImageStyle::Unmanaged; }
  bool isolated() const { return scheme == NetworkScheme::Isolated; }
  // An isolated cluster has its own router unless the flavor names one that is there.
  bool has_own_router() const { return isolated() && flavor.network.router.empty(); }
  bool operator==(const ClusterSpec&) const = default;
};

constexpr auto fields_of(const ClusterSpec*) {
  using T = ClusterSpec;
  return base::fields(
      base::field("tenant", &T::tenant), base::field("name", &T::name),
      base::field("flavor", &T::flavor), base::field("flavor_revision", &T::flavor_revision),
      base::field("region", &T::region), base::field("zones", &T::zones),
      base::field("scheme", &T::scheme), base::field("network", &T::network),
      base::field("external_network", &T::external_network), base::field("fixed_ip", &T::fixed_ip),
      base::field("metadata", &T::metadata), base::field("proxy_address", &T::proxy_address),
      base::field("master_address", &T::master_address), base::field("subnet", &T::subnet),
      base::field("nodes", &T::nodes));
}

// Null if the cluster has no node in that slot.
const NodeSpec* find_node(const ClusterSpec& spec, std::string_view slot);

// The groups whose nodes Nova keeps apart, each with its own server group: none without
// anti-affinity, and not a single master.
std::vector<std::string> groups_kept_apart(const ClusterSpec& spec);

// Where the manifests come from that are applied once the API server answers, in their order: the
// network's first. No file or URL twice.
std::vector<std::string> manifest_sources(const ClusterSpec& spec);

// Nova's word for it. Not for AntiAffinity::None.
const char* server_group_policy(AntiAffinity anti_affinity);

}  // namespace mex::cluster
