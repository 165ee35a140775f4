#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cluster/spec/resource.h"
#include "cluster/spec/spec.h"

// What the cloud holds of one cluster, and which of it counts. Pure.
namespace mex::cluster {

using ResourceIds = std::map<ResourceKey, std::string>;

// A resource as it was seen.
struct ObservedResource {
  ResourceKind kind = ResourceKind::Network;
  std::string id;
  std::string name;
  std::string status;  // Nova's and Neutron's word, empty where they have none
  // It carries the mark of this agent for this cluster, as it was read from the resource itself.
  bool is_marked = true;

  bool operator==(const ObservedResource&) const = default;
};

using Inventory = std::vector<ObservedResource>;

// "server test-1-k3v9x2ab-master-1 0a1b…": a line of an audit.
std::string to_string(const ObservedResource& resource);

// The places that a cluster of this specification has, in no particular order; without those of
// volumes, which its servers may do without.
std::vector<ResourceKey> resource_keys(const ClusterSpec& spec);

// The place a resource is for, known by its name; nothing if the name is not one of this cluster.
std::optional<ResourceKey> key_of(const ObservedResource& resource, const ClusterSpec& spec,
                                  std::string_view cluster_id);

// The place of a resource of the cluster, whose name someone may have changed: by its id in the
// journal, or else by its name.
std::optional<ResourceKey> place_of(const ObservedResource& resource, const ResourceIds& journal,
                                    const ClusterSpec& spec, std::string_view cluster_id);

// One resource for each place, and the rest. Several for one place are there when a call of a
// killed process took effect after its successor had looked and repeated it. The one in the journal
// counts. Only while a cluster is made, a server in ERROR (two servers asked for one port) gives
// way to another one that is not: later it may be a node at work, whatever Nova says of it.
struct Choice {
  ResourceIds chosen;
  std::vector<ObservedResource> duplicates;  // ours, for a place that is taken
  std::vector<ObservedResource> unowned;  // marked, but with a name that is none of the cluster's
};
enum class Precedence { OfTheJournal, OfWorkingServers };
Choice choose(const Inventory& inventory, const ResourceIds& journal, const ClusterSpec& spec,
              std::string_view cluster_id, Precedence precedence);

}  // namespace mex::cluster
