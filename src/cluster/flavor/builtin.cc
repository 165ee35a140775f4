#include "cluster/flavor/builtin.h"

#include <string>
#include <utility>
#include <vector>

namespace mex::cluster {
namespace {

constexpr const char* kGpuLabel = "mexosagent.io/gpu";

ClusterFlavor named(std::string name) {
  ClusterFlavor flavor;
  flavor.name = std::move(name);
  return flavor;
}

ClusterFlavor mini() {
  ClusterFlavor flavor = named("kubernetes-mini-openstack");
  flavor.worker_pools = {{.name = "worker", .count = 2, .shape = {}}};
  return flavor;
}

ClusterFlavor single() {
  ClusterFlavor flavor = named("kubernetes-single-openstack");
  flavor.masters.takes_work = true;
  return flavor;
}

ClusterFlavor highly_available() {
  ClusterFlavor flavor = named("kubernetes-ha-openstack");
  flavor.masters.count = 3;
  flavor.worker_pools = {{.name = "worker", .count = 2, .shape = {}}};
  flavor.placement.anti_affinity = AntiAffinity::Soft;
  return flavor;
}

ClusterFlavor gpu() {
  ClusterFlavor flavor = named("kubernetes-gpu-openstack");
  NodeShape shape;
  shape.nova_flavor = "m1.gpu";
  shape.labels = {{kGpuLabel, "true"}};
  shape.taints = {{.key = kGpuLabel, .value = "true", .effect = "NoSchedule"}};
  flavor.worker_pools = {{.name = "gpu", .count = 1, .shape = std::move(shape)}};
  return flavor;
}

}  // namespace

const FlavorSet& built_in_flavors() {
  static const FlavorSet flavors = [] {
    std::vector<ClusterFlavor> all{mini(), single(), highly_available(), gpu()};
    FlavorSet set;
    for (ClusterFlavor& flavor : all) {
      FlavorRecord record;
      record.is_built_in = true;
      record.flavor = std::move(flavor);
      std::string name = record.flavor.name;
      set.emplace(std::move(name), std::move(record));
    }
    return set;
  }();
  return flavors;
}

}  // namespace mex::cluster
