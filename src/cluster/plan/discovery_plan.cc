#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "cluster/plan/create_plan.h"
#include "cluster/plan/destroy_plan.h"

namespace mex::cluster {
namespace {

class DiscoveryBuilder {
 public:
  explicit DiscoveryBuilder(const ClusterSpec& spec) : spec_(spec) {}

  std::vector<PlannedStep> build() {
    add(StepKind::LogIn, LogIn{spec_.region});
    add_nodes();
    add_network();
    add_manifests();
    add(StepKind::FindExtensions, FindExtensions{});
    add(StepKind::ReadComputeQuota, ReadComputeQuota{});
    add(StepKind::ReadNetworkQuota, ReadNetworkQuota{});
    return std::move(steps_);
  }

 private:
  void add(StepKey key, Action action) {
    PlannedStep step = plain_step(std::move(key), std::move(action));
    if (!steps_.empty()) step.after.emplace_back(StepKind::LogIn);
    steps_.push_back(std::move(step));
  }

  void add_nodes() {
    std::set<std::string> images;
    std::set<std::string> flavors;
    for (const NodeSpec& node : spec_.nodes) {
      images.insert(node.image);
      flavors.insert(node.nova_flavor);
    }
    for (const std::string& image : images) add({StepKind::FindImage, image}, FindImage{image});
    for (const std::string& flavor : flavors)
      add({StepKind::FindFlavor, flavor}, FindFlavor{flavor});
    if (!spec_.zones.empty()) add(StepKind::FindZones, FindZones{spec_.zones});
    if (!spec_.flavor.key_pair.empty())
      add(StepKind::FindKeyPair, FindKeyPair{spec_.flavor.key_pair});
  }

  void add_network() {
    const std::string& router = spec_.flavor.network.router;
    if (spec_.isolated()) {
      if (router.empty()) {
        add(StepKind::FindExternalNetwork, FindExternalNetwork{spec_.external_network});
      } else {
        add(StepKind::FindRouter, FindRouter{router});
      }
      return;
    }
    FindSharedNetwork find;
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
  std::vector<PlannedStep> steps_;
};

}  // namespace

std::vector<PlannedStep> plan_update_discovery(const ClusterSpec& spec,
                                               const std::vector<std::string>& joining) {
  if (joining.empty()) return plan_destroy_discovery(spec);
  ClusterSpec narrowed = spec;
  std::erase_if(narrowed.nodes, [&](const NodeSpec& node) {
    return std::find(joining.begin(), joining.end(), node.slot) == joining.end();
  });
  std::vector<PlannedStep> steps = plan_create_discovery(narrowed, false);
  for (PlannedStep& step : plan_inventory(spec, StepKind::FindOwned, {StepKind::LogIn})) {
    steps.push_back(std::move(step));
  }
  return steps;
}

std::vector<PlannedStep> plan_create_discovery(const ClusterSpec& spec, bool with_inventory) {
  std::vector<PlannedStep> steps = DiscoveryBuilder(spec).build();
  if (with_inventory) {
    for (PlannedStep& step : plan_inventory(spec, StepKind::FindOwned, {StepKind::LogIn})) {
      steps.push_back(std::move(step));
    }
  }
  return steps;
}

}  // namespace mex::cluster
