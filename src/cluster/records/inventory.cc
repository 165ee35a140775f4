#include "cluster/records/inventory.h"

#include <fmt/format.h>

#include <algorithm>

namespace mex::cluster {
namespace {

bool is_broken(const ObservedResource& resource) { return resource.status == "ERROR"; }

const ObservedResource& better_of(const std::vector<const ObservedResource*>& candidates,
                                  const std::string& journaled, Precedence precedence) {
  const int broken = precedence == Precedence::OfWorkingServers ? 4 : 1;
  const auto rank = [&](const ObservedResource* candidate) {
    return (is_broken(*candidate) ? broken : 0) + (candidate->id == journaled ? 0 : 2);
  };
  return **std::min_element(candidates.begin(), candidates.end(),
                            [&](const ObservedResource* a, const ObservedResource* b) {
                              return rank(a) != rank(b) ? rank(a) < rank(b) : a->id < b->id;
                            });
}

std::optional<ResourceKey> journaled_key(const ObservedResource& resource,
                                         const ResourceIds& journal) {
  for (const auto& [key, id] : journal) {
    if (key.kind == resource.kind && id == resource.id) return key;
  }
  return std::nullopt;
}

}  // namespace

std::string to_string(const ObservedResource& resource) {
  return fmt::format("{} {} {}", to_string(resource.kind), resource.name, resource.id);
}

std::vector<ResourceKey> resource_keys(const ClusterSpec& spec) {
  std::vector<ResourceKey> keys;
  if (!spec.lacks_port_security) keys.push_back({ResourceKind::SecurityGroup, {}});
  if (spec.isolated()) {
    keys.push_back({ResourceKind::Network, {}});
    keys.push_back({ResourceKind::Subnet, {}});
  }
  if (spec.has_own_router()) keys.push_back({ResourceKind::Router, {}});
  for (const std::string& group : groups_kept_apart(spec)) {
    keys.push_back({ResourceKind::ServerGroup, group});
  }
  for (const NodeSpec& node : spec.nodes) {
    keys.push_back({ResourceKind::Port, node.slot});
    keys.push_back({ResourceKind::Server, node.slot});
  }
  return keys;
}

std::optional<ResourceKey> key_of(const ObservedResource& resource, const ClusterSpec& spec,
                                  std::string_view cluster_id) {
  for (const ResourceKey& key : resource_keys(spec)) {
    if (key.kind == resource.kind && resource_name(spec.name, cluster_id, key) == resource.name) {
      return key;
    }
  }
  if (resource.kind != ResourceKind::Volume) return std::nullopt;
  for (const NodeSpec& node : spec.nodes) {
    const ResourceKey key{ResourceKind::Volume, node.slot};
    if (resource_name(spec.name, cluster_id, key) == resource.name) return key;
  }
  return std::nullopt;
}

std::optional<ResourceKey> place_of(const ObservedResource& resource, const ResourceIds& journal,
                                    const ClusterSpec& spec, std::string_view cluster_id) {
  if (auto key = journaled_key(resource, journal)) return key;
  return key_of(resource, spec, cluster_id);
}

Choice choose(const Inventory& inventory, const ResourceIds& journal, const ClusterSpec& spec,
              std::string_view cluster_id, Precedence precedence) {
  Choice choice;
  std::map<ResourceKey, std::vector<const ObservedResource*>> candidates;
  for (const ObservedResource& resource : inventory) {
    // What lost its mark is known by the journal alone, never by its name.
    if (const auto key = resource.is_marked ? place_of(resource, journal, spec, cluster_id)
                                            : journaled_key(resource, journal)) {
      candidates[*key].push_back(&resource);
    } else {
      choice.unowned.push_back(resource);
    }
  }
  for (const auto& [key, group] : candidates) {
    const auto journaled = journal.find(key);
    const ObservedResource& best = better_of(
        group, journaled == journal.end() ? std::string() : journaled->second, precedence);
    choice.chosen[key] = best.id;
    for (const ObservedResource* other : group) {
      if (other->id != best.id && other->is_marked) choice.duplicates.push_back(*other);
    }
  }
  return choice;
}

}  // namespace mex::cluster
