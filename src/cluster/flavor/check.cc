#include "cluster/flavor/check.h"

#include <set>
#include <string>

#include "base/dns_name.h"
#include "base/record_limits.h"
#include "base/status.h"
#include "cluster/flavor/syntax.h"

namespace mex::cluster {
namespace {

constexpr std::size_t kMaxFlavorName = 63;
constexpr std::size_t kMaxZones = 20;

absl::Status check_placement(const Placement& placement) {
  if (placement.zones.size() > kMaxZones) {
    return base::field_error("flavor.placement.zones",
                             fmt::format("must have at most {} zones", kMaxZones));
  }
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < placement.zones.size(); ++i) {
    const std::string field = fmt::format("flavor.placement.zones[{}]", i);
    const std::string& zone = placement.zones[i];
    // "zone:host" would force a host past Nova's scheduler.
    if (zone.empty() || !is_cloud_name(zone) || zone.find(':') != zone.npos) {
      return base::field_error(field, "must be the name of an availability zone, without ':'");
    }
    if (!seen.insert(zone).second) return base::field_error(field, "is in the list twice");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status check_flavor(const ClusterFlavor& flavor, const AddressPool& platform_pool) {
  if (!base::is_dns_label(flavor.name, kMaxFlavorName)) {
    return base::field_error(
        "flavor.name", fmt::format("must be a DNS label of at most {} characters (a-z, 0-9 and "
                                   "inner hyphens)",
                                   kMaxFlavorName));
  }
  MEX_RETURN_IF_ERROR(check_nodes(flavor));
  MEX_RETURN_IF_ERROR(check_kubernetes(flavor.kubernetes));
  MEX_RETURN_IF_ERROR(check_network(flavor, platform_pool));
  MEX_RETURN_IF_ERROR(check_placement(flavor.placement));
  if (!is_cloud_name(flavor.key_pair)) {
    return base::field_error("flavor.key_pair",
                             "must be the name of a key pair in Nova, at most 255 bytes");
  }
  return base::check_limits(flavor, "flavor");
}

}  // namespace mex::cluster
