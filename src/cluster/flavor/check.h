#pragma once

#include <cstddef>
#include <string_view>

#include "absl/status/status.h"
#include "cluster/flavor/address_pool.h"
#include "cluster/flavor/flavor.h"

// Whether a flavor can work, as far as that is known without a cloud. Pure.
namespace mex::cluster {

// The most nodes of a cluster, and the most pools.
inline constexpr std::size_t kMaxNodes = 500;
inline constexpr std::size_t kMaxPools = 20;
// A pool's name is part of host names, which Linux and Kubernetes keep to 63 characters.
inline constexpr std::size_t kMaxPoolName = 20;

// InvalidArgument names the first field that is wrong and what would be right:
// "flavor.worker_pools[1].count: must be 0 to 250". `platform_pool` is what isolated clusters get
// their subnets from where the flavor names no pool.
absl::Status check_flavor(const ClusterFlavor& flavor, const AddressPool& platform_pool);

// The parts of check_flavor, one file each.
absl::Status check_nodes(const ClusterFlavor& flavor);
absl::Status check_kubernetes(const KubernetesSettings& kubernetes);
absl::Status check_network(const ClusterFlavor& flavor, const AddressPool& platform_pool);

}  // namespace mex::cluster
