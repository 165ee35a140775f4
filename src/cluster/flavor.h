#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mex::cluster {

enum class NodeRole { Master, Worker };

std::string_view to_text(NodeRole role);  // "master", "worker"

// What a kind of cluster consists of.
struct ClusterFlavor {
  std::string name;
  int masters = 0;
  int workers = 0;
};

// The built-in flavors, by name.
const std::vector<ClusterFlavor>& cluster_flavors();

// Null if there is none of that name; otherwise valid as long as the process.
const ClusterFlavor* find_cluster_flavor(std::string_view name);

}  // namespace mex::cluster
