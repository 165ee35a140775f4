#include "cluster/flavor.h"

namespace mex::cluster {

std::string_view to_text(NodeRole role) { return role == NodeRole::Master ? "master" : "worker"; }

const std::vector<ClusterFlavor>& cluster_flavors() {
  static const std::vector<ClusterFlavor> flavors{
      {.name = "kubernetes-mini-openstack", .masters = 1, .workers = 2},
  };
  return flavors;
}

const ClusterFlavor* find_cluster_flavor(std::string_view name) {
  for (const ClusterFlavor& flavor : cluster_flavors()) {
    if (flavor.name == name) return &flavor;
  }
  return nullptr;
}

}  // namespace mex::cluster
