#pragma once

#include <cstdint>
#include <map>
#include <optional>
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
  // What the names meant when they were chosen: other servers in this place are made of the same.
  // Empty: not chosen yet, or in a record of a version that kept no ids; see plan/adoption.h.
  std::string nova_flavor_id{};
  std::string image_id{};
  // A change has named it, and no operation has looked that up yet.
  bool is_nova_flavor_new = false;
  bool is_image_new = false;

  bool operator==(const NodeSpec&) const = default;
};

constexpr auto fields_of(const NodeSpec*) {
  using T = NodeSpec;
  return base::fields(base::field("slot", &T::slot), base::field("role", &T::role),
                      base::field("group", &T::group), base::field("nova_flavor", &T::nova_flavor),
                      base::field("image", &T::image), base::field("zone", &T::zone),
                      base::field("address", &T::address),
                      base::optional_field("nova_flavor_id", &T::nova_flavor_id),
                      base::optional_field("image_id", &T::image_id),
                      base::optional_field("is_nova_flavor_new", &T::is_nova_flavor_new),
                      base::optional_field("is_image_new", &T::is_image_new));
}

// A request with every default filled in: what the cluster is to be. It is decided once, when the
// request is accepted, so that later changes of the defaults and of the flavor do not touch
// clusters that exist.
//
// Large because it is the format of a record; its methods say what single fields mean.
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
  std::string network_subnet{};                    // of it: name, id or block; empty: not said
  std::string external_network;                    // empty: the only one there is
  std::string fixed_ip;                            // as requested; the first master's
  std::map<std::string, std::string> metadata;     // the request's, for every server
  std::string proxy_address;                       // edge proxy and master, given to the
  std::string master_address;                      // servers in their metadata

  std::string subnet;  // "10.101.7.0/24"; empty unless isolated
  std::vector<NodeSpec> nodes;
  // The network that the nodes share with others filters nothing: ports on it have no security
  // group and may send from any address.
  bool lacks_port_security = false;
  // Some of its servers boot from volumes that the agent has made.
  bool has_volumes = false;
  // By pool: what nodes that join it are made of, where its own nodes do not say that: because a
  // change has named it, or because the pool has none. Slot, zone and address are empty.
  std::map<std::string, NodeSpec> pool_templates;

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
      base::field("nodes", &T::nodes), base::optional_field("network_subnet", &T::network_subnet),
      base::optional_field("lacks_port_security", &T::lacks_port_security),
      base::optional_field("has_volumes", &T::has_volumes),
      base::optional_field("pool_templates", &T::pool_templates));
}

// "worker-12": the slot of the twelfth node of the group "worker".
std::string node_slot(std::string_view group, int number);
// 12 of "worker-12" in the group "worker"; nothing if the slot is none of that group's.
std::optional<int> node_number(std::string_view slot, std::string_view group);

// Null if the cluster has no node in that slot.
const NodeSpec* find_node(const ClusterSpec& spec, std::string_view slot);

// By what the node's image and Nova flavor are looked up: the id that was chosen, or the name.
const std::string& image_key(const NodeSpec& node);
const std::string& nova_flavor_key(const NodeSpec& node);
// A change has named one of the two.
bool has_new_names(const NodeSpec& node);

// The groups whose nodes Nova keeps apart, each with its own server group: none without
// anti-affinity, and not a single master.
std::vector<std::string> groups_kept_apart(const ClusterSpec& spec);

// Where the manifests come from that are applied once the API server answers, in their order: the
// network's first. No file or URL twice.
std::vector<std::string> manifest_sources(const ClusterSpec& spec);

// Nova's word for it. Not for AntiAffinity::None.
const char* server_group_policy(AntiAffinity anti_affinity);

}  // namespace mex::cluster
