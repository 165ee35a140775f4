#include "cluster/flavor/check.h"

#include <chrono>
#include <set>
#include <string>

#include "base/dns_name.h"
#include "base/status.h"
#include "cluster/flavor/syntax.h"

namespace mex::cluster {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::size_t kMaxFlavorName = 63;
constexpr std::size_t kMaxZones = 20;
constexpr int kMaxRepairBudget = 250;

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

struct Span {
  milliseconds shortest;
  milliseconds longest;
};

std::string text_of(milliseconds duration) {
  return fmt::format("{}s", std::chrono::duration_cast<seconds>(duration).count());
}

absl::Status check_duration(std::string_view name, milliseconds value, const Span& span) {
  if (value >= span.shortest && value <= span.longest) return absl::OkStatus();
  return base::field_error(
      fmt::format("flavor.care.{}", name),
      fmt::format("must be {} to {}", text_of(span.shortest), text_of(span.longest)));
}

absl::Status check_care(const HealthPolicy& health_policy) {
  constexpr Span kProbe{seconds(1), minutes(10)};
  constexpr Span kDeadline{minutes(1), minutes(120)};
  MEX_RETURN_IF_ERROR(check_duration("probe_interval", health_policy.probe_interval, kProbe));
  MEX_RETURN_IF_ERROR(check_duration("boot_deadline", health_policy.boot_deadline, kDeadline));
  MEX_RETURN_IF_ERROR(
      check_duration("api_server_deadline", health_policy.api_server_deadline, kDeadline));
  MEX_RETURN_IF_ERROR(
      check_duration("nodes_ready_deadline", health_policy.nodes_ready_deadline, kDeadline));
  if (health_policy.repair_budget >= 1 && health_policy.repair_budget <= kMaxRepairBudget) {
    return absl::OkStatus();
  }
  return base::field_error("flavor.care.repair_budget",
                           fmt::format("must be 1 to {} workers in an hour; auto_repair turns "
                                       "repairs off",
                                       kMaxRepairBudget));
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
  return check_care(flavor.health_policy);
}

}  // namespace mex::cluster
