#include "cluster/spec/resource.h"

#include <fmt/format.h>

namespace mex::cluster {
namespace {

bool belongs_to_node(ResourceKind kind) {
  return kind == ResourceKind::Port || kind == ResourceKind::Server ||
         kind == ResourceKind::Volume || kind == ResourceKind::ServerGroup;
}

std::string_view node_or_kind(const ResourceKey& key) {
  return key.node.empty() ? to_string(key.kind) : std::string_view(key.node);
}

}  // namespace

std::string to_string(const ResourceKey& key) {
  if (key.node.empty()) return std::string(to_string(key.kind));
  return fmt::format("{} {}", to_string(key.kind), key.node);
}

std::optional<ResourceKey> resource_key_from_string(std::string_view text) {
  const std::size_t space = text.find(' ');
  const std::string_view node =
      space == std::string_view::npos ? std::string_view() : text.substr(space + 1);
  const auto kind = base::from_word<ResourceKind>(text.substr(0, space));
  if (!kind || belongs_to_node(*kind) == node.empty()) return std::nullopt;
  return ResourceKey{*kind, std::string(node)};
}

std::string mark_of(const Owner& owner) {
  return fmt::format("mexosagent agent={} cluster={}", owner.agent_id, owner.cluster_id);
}

std::optional<Owner> owner_of(std::string_view description) {
  constexpr std::string_view kAgent = "mexosagent agent=";
  constexpr std::string_view kCluster = " cluster=";
  const std::size_t cluster = description.find(kCluster);
  if (!description.starts_with(kAgent) || cluster == std::string_view::npos) return std::nullopt;
  Owner owner{.agent_id = std::string(description.substr(kAgent.size(), cluster - kAgent.size())),
              .cluster_id = std::string(description.substr(cluster + kCluster.size()))};
  // Whatever else people write behind or between is no mark.
  if (mark_of(owner) != description || owner.agent_id.find(' ') != std::string::npos ||
      owner.cluster_id.empty() || owner.cluster_id.find(' ') != std::string::npos) {
    return std::nullopt;
  }
  return owner;
}

std::string agent_tag(std::string_view agent_id) { return fmt::format("mex:agent={}", agent_id); }

std::string cluster_tag(std::string_view cluster_id) {
  return fmt::format("mex:cluster={}", cluster_id);
}

std::vector<std::string> tags_of(const Owner& owner, std::string_view tenant,
                                 std::string_view cluster_name, const ResourceKey& key) {
  return {"mexosagent",
          agent_tag(owner.agent_id),
          cluster_tag(owner.cluster_id),
          fmt::format("mex:name={}", cluster_name),
          fmt::format("mex:slot={}", node_or_kind(key)),
          fmt::format("mex:tenant={}", tenant)};
}

std::string name_prefix(std::string_view cluster_name, std::string_view cluster_id) {
  return fmt::format("{}-{}-", cluster_name, cluster_id);
}

std::string resource_name(std::string_view cluster_name, std::string_view cluster_id,
                          const ResourceKey& key) {
  const std::string prefix = name_prefix(cluster_name, cluster_id);
  if (key.kind == ResourceKind::ServerGroup) {
    return fmt::format("{}{}-{}", prefix, to_string(key.kind), key.node);
  }
  // A node's port and volume have the name of its server, which is also its host name.
  return fmt::format("{}{}", prefix, node_or_kind(key));
}

}  // namespace mex::cluster
