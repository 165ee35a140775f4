#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "cluster/plan/create_plan.h"
#include "cluster/plan/destroy_plan.h"
#include "cluster/plan/root_volume.h"

namespace mex::cluster {
namespace {

class DiscoveryBuilder {
 public:
  DiscoveryBuilder(const ClusterSpec& spec, const CloudReferences& references)
      : spec_(spec), references_(references) {}

  std::vector<PlannedStep> build() {
    add(StepKind::LogIn, LogIn{spec_.region});
    add_nodes();
    if (spec_.isolated()) {
      add_way_out();
    } else {
      add_shared_network();
    }
    add_manifests();
    add_extensions_and_quotas();
    return std::move(steps_);
  }

  // For nodes that join a cluster: what their servers and ports need, and nothing of what was
  // needed to make the rest.
  std::vector<PlannedStep> build_for_joining() {
    add(StepKind::LogIn, LogIn{spec_.region});
    add_nodes();
    if (!spec_.isolated()) add_shared_network();
    add_extensions_and_quotas();
    return std::move(steps_);
  }

 private:
  void add_extensions_and_quotas() {
    add(StepKind::FindExtensions, FindExtensions{});
    add(StepKind::ReadComputeQuota, ReadComputeQuota{});
    add(StepKind::ReadNetworkQuota, ReadNetworkQuota{});
    const bool has_volumes = std::any_of(
        spec_.nodes.begin(), spec_.nodes.end(),
        [&](const NodeSpec& node) { return asks_for_volume(shape_of(spec_.flavor, node.group)); });
    if (has_volumes) add(StepKind::ReadVolumeQuota, ReadVolumeQuota{});
  }

  void add(StepKey key, Action action) {
    PlannedStep step = plain_step(std::move(key), std::move(action));
    if (!steps_.empty()) step.after.emplace_back(StepKind::LogIn);
    steps_.push_back(std::move(step));
  }

  void add_nodes() {
    std::map<std::string, FindImage> images;
    std::map<std::string, FindFlavor> flavors;
    for (const NodeSpec& node : spec_.nodes) {
      images.emplace(image_key(node), FindImage{node.image, node.image_id});
      flavors.emplace(nova_flavor_key(node), FindFlavor{node.nova_flavor, node.nova_flavor_id});
    }
    for (const auto& [key, image] : images) add({StepKind::FindImage, key}, image);
    for (const auto& [key, flavor] : flavors) add({StepKind::FindFlavor, key}, flavor);
    if (!spec_.zones.empty()) add(StepKind::FindZones, FindZones{spec_.zones});
    if (!spec_.flavor.key_pair.empty()) {
      const bool is_chosen = references_.key_pair.name == spec_.flavor.key_pair;
      add(StepKind::FindKeyPair,
          FindKeyPair{spec_.flavor.key_pair, is_chosen ? references_.key_pair.id : std::string()});
    }
  }

  void add_way_out() {
    const std::string& router = spec_.flavor.network.router;
    if (router.empty()) {
      add(StepKind::FindExternalNetwork,
          FindExternalNetwork{spec_.external_network, references_.external_network});
    } else {
      add(StepKind::FindRouter, FindRouter{router, references_.router});
    }
  }

  void add_shared_network() {
    FindSharedNetwork find;
    find.subnet = spec_.network_subnet;
    find.chosen = references_.network;
    find.chosen_subnet = references_.subnet;
    find.is_external = spec_.scheme == NetworkScheme::External;
    find.name = find.is_external ? spec_.external_network : spec_.network;
    for (const NodeSpec& node : spec_.nodes) {
      if (!node.address.empty()) find.addresses.push_back(node.address);
    }
    add(StepKind::FindSharedNetwork, std::move(find));
  }

  void add_manifests() {
    for (const std::string& source : manifest_sources(spec_)) {
      add({StepKind::ReadManifest, source}, ReadManifest{source});
    }
  }

  const ClusterSpec& spec_;
  const CloudReferences& references_;
  std::vector<PlannedStep> steps_;
};

void add_inventory(std::vector<PlannedStep>& steps, const ClusterSpec& spec) {
  for (PlannedStep& step : plan_inventory(spec, StepKind::FindOwned, {StepKind::LogIn})) {
    steps.push_back(std::move(step));
  }
}

// What the change names for nodes that join later is looked up with those that join now.
std::vector<NodeSpec> nodes_to_look_up(const ClusterSpec& spec,
                                       const std::vector<std::string>& joining) {
  std::vector<NodeSpec> nodes = spec.nodes;
  std::erase_if(nodes, [&](const NodeSpec& node) {
    return std::find(joining.begin(), joining.end(), node.slot) == joining.end();
  });
  for (const auto& [pool, node] : spec.pool_templates) {
    if (has_new_names(node)) nodes.push_back(node);
  }
  return nodes;
}

}  // namespace

std::vector<PlannedStep> plan_update_discovery(const ClusterSpec& spec,
                                               const CloudReferences& references,
                                               const std::vector<std::string>& joining) {
  ClusterSpec narrowed = spec;
  narrowed.nodes = nodes_to_look_up(spec, joining);
  const std::string& key_pair = spec.flavor.key_pair;
  const bool has_new_key = !key_pair.empty() && !references.key_pair.name.empty() &&
                           references.key_pair.name != key_pair;
  if (narrowed.nodes.empty() && !has_new_key) return plan_destroy_discovery(spec);
  std::vector<PlannedStep> steps = DiscoveryBuilder(narrowed, references).build_for_joining();
  add_inventory(steps, spec);
  return steps;
}

std::vector<PlannedStep> plan_create_discovery(const ClusterSpec& spec,
                                               const CloudReferences& references,
                                               bool with_inventory) {
  std::vector<PlannedStep> steps = DiscoveryBuilder(spec, references).build();
  if (with_inventory) add_inventory(steps, spec);
  return steps;
}

}  // namespace mex::cluster
