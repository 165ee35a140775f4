#include "cluster/spec/spec.h"

#include <algorithm>

namespace mex::cluster {

const NodeSpec* find_node(const ClusterSpec& spec, std::string_view slot) {
  const auto found = std::find_if(spec.nodes.begin(), spec.nodes.end(),
                                  [&](const NodeSpec& node) { return node.slot == slot; });
  return found == spec.nodes.end() ? nullptr : &*found;
}

const std::string& image_key(const NodeSpec& node) {
  return node.image_id.empty() ? node.image : node.image_id;
}

const std::string& nova_flavor_key(const NodeSpec& node) {
  return node.nova_flavor_id.empty() ? node.nova_flavor : node.nova_flavor_id;
}

bool has_new_names(const NodeSpec& node) { return node.is_image_new || node.is_nova_flavor_new; }

std::vector<std::string> groups_kept_apart(const ClusterSpec& spec) {
  std::vector<std::string> groups;
  if (spec.flavor.placement.anti_affinity == AntiAffinity::None) return groups;
  for (const NodeSpec& node : spec.nodes) {
    if (node.role == NodeRole::Master && spec.flavor.masters.count == 1) continue;
    if (std::find(groups.begin(), groups.end(), node.group) == groups.end()) {
      groups.push_back(node.group);
    }
  }
  return groups;
}

const char* server_group_policy(AntiAffinity anti_affinity) {
  return anti_affinity == AntiAffinity::Hard ? "anti-affinity" : "soft-anti-affinity";
}

std::vector<std::string> manifest_sources(const ClusterSpec& spec) {
  if (!spec.is_managed()) return {};
  const KubernetesSettings& settings = spec.flavor.kubernetes;
  std::vector<std::string> sources;
  const auto add = [&sources](const std::string& source) {
    if (std::find(sources.begin(), sources.end(), source) == sources.end()) {
      sources.push_back(source);
    }
  };
  if (settings.cni != kBridgeCni) add(settings.cni);
  for (const std::string& source : settings.manifests) add(source);
  return sources;
}

}  // namespace mex::cluster
