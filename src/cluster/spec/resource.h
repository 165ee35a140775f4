#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/record_words.h"

namespace mex::cluster {

enum class ResourceKind {
  Network,
  Subnet,
  Router,
  SecurityGroup,
  ServerGroup,
  Port,
  Server,
  Volume,  // that a server boots from
};

constexpr auto words_of(ResourceKind) {
  return base::words<ResourceKind>({
      {ResourceKind::Network, "network"},
      {ResourceKind::Subnet, "subnet"},
      {ResourceKind::Router, "router"},
      {ResourceKind::SecurityGroup, "security-group"},
      {ResourceKind::ServerGroup, "server-group"},
      {ResourceKind::Port, "port"},
      {ResourceKind::Server, "server"},
      {ResourceKind::Volume, "volume"},
  });
}

constexpr std::string_view to_string(ResourceKind kind) { return base::to_word(kind); }

// The place of one resource in its cluster: what stays the same when the resource is replaced.
struct ResourceKey {
  ResourceKind kind = ResourceKind::Network;
  // "master-1" for ports, servers and volumes, the group of nodes for server groups, otherwise
  // empty.
  std::string node;

  auto operator<=>(const ResourceKey&) const = default;
};

// "network", "server master-1".
std::string to_string(const ResourceKey& key);
std::optional<ResourceKey> resource_key_from_string(std::string_view text);

// Who owns a resource. Both ids are random, so a mark never fits by accident.
struct Owner {
  std::string agent_id;
  std::string cluster_id;

  bool operator==(const Owner&) const = default;
};

// The ownership mark that travels in `description` with the call that makes a resource, so that
// there is no moment at which it exists without one. The same text for all resources of a cluster:
// one filter finds them all; which is which is in the name.
std::string mark_of(const Owner& owner);
// The owner that a description names; nothing if it is not such a mark.
std::optional<Owner> owner_of(std::string_view description);

// Tags of at most 60 characters (Nova's and Neutron's limit), without '/' and ','.
std::string agent_tag(std::string_view agent_id);
std::string cluster_tag(std::string_view cluster_id);
std::vector<std::string> tags_of(const Owner& owner, std::string_view tenant,
                                 std::string_view cluster_name, const ResourceKey& key);

// With what the names of all resources of a cluster begin: "test-1-k3v9x2ab-".
std::string name_prefix(std::string_view cluster_name, std::string_view cluster_id);
// "test-1-k3v9x2ab-master-1", "test-1-k3v9x2ab-network": unique in the project.
std::string resource_name(std::string_view cluster_name, std::string_view cluster_id,
                          const ResourceKey& key);

// Tenants and clusters have DNS labels of at most 40 characters as names, so that tags and host
// names stay within their limits.
inline constexpr std::size_t kMaxNameLength = 40;

}  // namespace mex::cluster
