#include "cluster/flavor/flavor.h"

namespace mex::cluster {

std::string_view to_string(NodeRole role) { return role == NodeRole::Master ? "master" : "worker"; }

std::size_t node_count(const ClusterFlavor& flavor) {
  auto count = static_cast<std::size_t>(flavor.masters.count);
  for (const WorkerPool& pool : flavor.worker_pools) count += static_cast<std::size_t>(pool.count);
  return count;
}

std::string_view to_string(NetworkScheme scheme) {
  switch (scheme) {
    case NetworkScheme::Platform:
      return "platform";
    case NetworkScheme::Isolated:
      return "isolated";
    case NetworkScheme::Shared:
      return "shared";
    case NetworkScheme::External:
      return "external";
  }
  return {};
}

std::string_view to_string(AntiAffinity anti_affinity) {
  switch (anti_affinity) {
    case AntiAffinity::None:
      return "none";
    case AntiAffinity::Soft:
      return "soft";
    case AntiAffinity::Hard:
      return "hard";
  }
  return {};
}

std::string_view to_string(ImageStyle style) {
  switch (style) {
    case ImageStyle::Platform:
      return "platform";
    case ImageStyle::Baked:
      return "baked";
    case ImageStyle::Packages:
      return "packages";
    case ImageStyle::Unmanaged:
      return "unmanaged";
  }
  return {};
}

std::string_view to_string(CgroupDriver driver) {
  switch (driver) {
    case CgroupDriver::Platform:
      return "platform";
    case CgroupDriver::Systemd:
      return "systemd";
    case CgroupDriver::Cgroupfs:
      return "cgroupfs";
  }
  return {};
}

}  // namespace mex::cluster
