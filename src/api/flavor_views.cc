#include "api/flavor_views.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "api/timestamp.h"
#include "base/status.h"

namespace mex::api {
namespace {

namespace v1 = ::mexosagent::v1;
using cluster::AntiAffinity;
using cluster::CgroupDriver;
using cluster::ImageStyle;
using cluster::NetworkScheme;
using std::chrono::milliseconds;

v1::NetworkSettings::Scheme scheme_of(NetworkScheme scheme) {
  switch (scheme) {
    case NetworkScheme::Platform:
      return v1::NetworkSettings::SCHEME_UNSPECIFIED;
    case NetworkScheme::Isolated:
      return v1::NetworkSettings::ISOLATED;
    case NetworkScheme::Shared:
      return v1::NetworkSettings::SHARED;
    case NetworkScheme::External:
      return v1::NetworkSettings::EXTERNAL;
  }
  return v1::NetworkSettings::SCHEME_UNSPECIFIED;
}

absl::StatusOr<NetworkScheme> scheme_of(v1::NetworkSettings::Scheme scheme) {
  switch (scheme) {
    case v1::NetworkSettings::SCHEME_UNSPECIFIED:
      return NetworkScheme::Platform;
    case v1::NetworkSettings::ISOLATED:
      return NetworkScheme::Isolated;
    case v1::NetworkSettings::SHARED:
      return NetworkScheme::Shared;
    case v1::NetworkSettings::EXTERNAL:
      return NetworkScheme::External;
    default:
      return base::field_error("flavor.network.scheme", "must be ISOLATED, SHARED or EXTERNAL");
  }
}

v1::Placement::AntiAffinity anti_affinity_of(AntiAffinity anti_affinity) {
  switch (anti_affinity) {
    case AntiAffinity::None:
      return v1::Placement::NONE;
    case AntiAffinity::Soft:
      return v1::Placement::SOFT;
    case AntiAffinity::Hard:
      return v1::Placement::HARD;
  }
  return v1::Placement::NONE;
}

absl::StatusOr<AntiAffinity> anti_affinity_of(v1::Placement::AntiAffinity anti_affinity) {
  switch (anti_affinity) {
    case v1::Placement::ANTI_AFFINITY_UNSPECIFIED:
    case v1::Placement::NONE:
      return AntiAffinity::None;
    case v1::Placement::SOFT:
      return AntiAffinity::Soft;
    case v1::Placement::HARD:
      return AntiAffinity::Hard;
    default:
      return base::field_error("flavor.placement.anti_affinity", "must be NONE, SOFT or HARD");
  }
}

v1::KubernetesSettings::ImageStyle image_style_of(ImageStyle style) {
  switch (style) {
    case ImageStyle::Platform:
      return v1::KubernetesSettings::IMAGE_STYLE_UNSPECIFIED;
    case ImageStyle::Baked:
      return v1::KubernetesSettings::BAKED;
    case ImageStyle::Packages:
      return v1::KubernetesSettings::PACKAGES;
    case ImageStyle::Unmanaged:
      return v1::KubernetesSettings::UNMANAGED;
  }
  return v1::KubernetesSettings::IMAGE_STYLE_UNSPECIFIED;
}

absl::StatusOr<ImageStyle> image_style_of(v1::KubernetesSettings::ImageStyle style) {
  switch (style) {
    case v1::KubernetesSettings::IMAGE_STYLE_UNSPECIFIED:
      return ImageStyle::Platform;
    case v1::KubernetesSettings::BAKED:
      return ImageStyle::Baked;
    case v1::KubernetesSettings::PACKAGES:
      return ImageStyle::Packages;
    case v1::KubernetesSettings::UNMANAGED:
      return ImageStyle::Unmanaged;
    default:
      return base::field_error("flavor.kubernetes.image_style",
                               "must be BAKED, PACKAGES or UNMANAGED");
  }
}

v1::KubernetesSettings::CgroupDriver cgroup_driver_of(CgroupDriver driver) {
  switch (driver) {
    case CgroupDriver::Platform:
      return v1::KubernetesSettings::CGROUP_DRIVER_UNSPECIFIED;
    case CgroupDriver::Systemd:
      return v1::KubernetesSettings::SYSTEMD;
    case CgroupDriver::Cgroupfs:
      return v1::KubernetesSettings::CGROUPFS;
  }
  return v1::KubernetesSettings::CGROUP_DRIVER_UNSPECIFIED;
}

absl::StatusOr<CgroupDriver> cgroup_driver_of(v1::KubernetesSettings::CgroupDriver driver) {
  switch (driver) {
    case v1::KubernetesSettings::CGROUP_DRIVER_UNSPECIFIED:
      return CgroupDriver::Platform;
    case v1::KubernetesSettings::SYSTEMD:
      return CgroupDriver::Systemd;
    case v1::KubernetesSettings::CGROUPFS:
      return CgroupDriver::Cgroupfs;
    default:
      return base::field_error("flavor.kubernetes.cgroup_driver", "must be SYSTEMD or CGROUPFS");
  }
}

google::protobuf::Duration duration(milliseconds value) {
  google::protobuf::Duration result;
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(value);
  result.set_seconds(whole.count());
  result.set_nanos(static_cast<std::int32_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(value - whole).count()));
  return result;
}

// Far beyond every bound, so that no sum of seconds overflows.
milliseconds duration(const google::protobuf::Duration& value) {
  constexpr std::int64_t kMost = 1'000'000'000;
  const std::int64_t whole = std::clamp<std::int64_t>(value.seconds(), -kMost, kMost);
  return std::chrono::seconds(whole) +
         std::chrono::duration_cast<milliseconds>(std::chrono::nanoseconds(value.nanos()));
}

template <typename Strings>
std::vector<std::string> strings(const Strings& values) {
  return {values.begin(), values.end()};
}

void replace_if_given(std::string& value, const std::string& given) {
  if (!given.empty()) value = given;
}

// Masters and worker pools have the same fields.
template <typename Group>
void put_shape(const cluster::NodeShape& shape, Group& group) {
  group.set_nova_flavor(shape.nova_flavor);
  group.set_image(shape.image);
  group.mutable_labels()->insert(shape.labels.begin(), shape.labels.end());
  for (const cluster::Taint& taint : shape.taints) {
    v1::Taint& message = *group.add_taints();
    message.set_key(taint.key);
    message.set_value(taint.value);
    message.set_effect(taint.effect);
  }
}

template <typename Group>
cluster::NodeShape shape_of(const Group& group) {
  cluster::NodeShape shape;
  shape.nova_flavor = group.nova_flavor();
  shape.image = group.image();
  shape.labels = {group.labels().begin(), group.labels().end()};
  for (const v1::Taint& taint : group.taints()) {
    shape.taints.push_back({.key = taint.key(), .value = taint.value(), .effect = taint.effect()});
  }
  return shape;
}

void put_quirks(const cluster::ImageQuirks& quirks, v1::KubernetesSettings& message) {
  message.set_cgroup_driver(cgroup_driver_of(quirks.cgroup_driver));
  if (quirks.conntrack_max_per_core) {
    message.mutable_conntrack_max_per_core()->set_value(*quirks.conntrack_max_per_core);
  }
  message.mutable_ignored_preflight_errors()->Assign(quirks.ignored_preflight_errors.begin(),
                                                     quirks.ignored_preflight_errors.end());
  message.mutable_skipped_phases()->Assign(quirks.skipped_phases.begin(),
                                           quirks.skipped_phases.end());
}

absl::StatusOr<cluster::ImageQuirks> quirks_of(const v1::KubernetesSettings& message) {
  cluster::ImageQuirks quirks;
  MEX_ASSIGN_OR_RETURN(quirks.cgroup_driver, cgroup_driver_of(message.cgroup_driver()));
  if (message.has_conntrack_max_per_core()) {
    quirks.conntrack_max_per_core = message.conntrack_max_per_core().value();
  }
  quirks.ignored_preflight_errors = strings(message.ignored_preflight_errors());
  quirks.skipped_phases = strings(message.skipped_phases());
  return quirks;
}

v1::KubernetesSettings to_proto(const cluster::KubernetesSettings& settings) {
  v1::KubernetesSettings message;
  message.set_version(settings.version);
  message.set_pod_network(settings.pod_network);
  message.set_service_network(settings.service_network);
  message.set_cni(settings.cni);
  message.mutable_manifests()->Assign(settings.manifests.begin(), settings.manifests.end());
  message.set_image_style(image_style_of(settings.image_style));
  message.set_apt_source(settings.apt_source);
  message.set_registry_mirror(settings.registry_mirror);
  message.set_http_proxy(settings.http_proxy);
  message.mutable_no_proxy()->Assign(settings.no_proxy.begin(), settings.no_proxy.end());
  message.mutable_ntp_servers()->Assign(settings.ntp_servers.begin(), settings.ntp_servers.end());
  message.set_ca_bundle(settings.ca_bundle);
  message.mutable_kubelet_arguments()->insert(settings.kubelet_arguments.begin(),
                                              settings.kubelet_arguments.end());
  message.mutable_api_server_arguments()->insert(settings.api_server_arguments.begin(),
                                                 settings.api_server_arguments.end());
  put_quirks(settings.image_quirks, message);
  return message;
}

absl::Status read(const v1::KubernetesSettings& message, cluster::KubernetesSettings& settings) {
  replace_if_given(settings.version, message.version());
  replace_if_given(settings.pod_network, message.pod_network());
  replace_if_given(settings.service_network, message.service_network());
  replace_if_given(settings.cni, message.cni());
  settings.manifests = strings(message.manifests());
  MEX_ASSIGN_OR_RETURN(settings.image_style, image_style_of(message.image_style()));
  settings.apt_source = message.apt_source();
  settings.registry_mirror = message.registry_mirror();
  settings.http_proxy = message.http_proxy();
  settings.no_proxy = strings(message.no_proxy());
  settings.ntp_servers = strings(message.ntp_servers());
  settings.ca_bundle = message.ca_bundle();
  settings.kubelet_arguments = {message.kubelet_arguments().begin(),
                                message.kubelet_arguments().end()};
  settings.api_server_arguments = {message.api_server_arguments().begin(),
                                   message.api_server_arguments().end()};
  MEX_ASSIGN_OR_RETURN(settings.image_quirks, quirks_of(message));
  return absl::OkStatus();
}

v1::NetworkSettings to_proto(const cluster::NetworkSettings& settings) {
  v1::NetworkSettings message;
  message.set_scheme(scheme_of(settings.scheme));
  message.set_network(settings.network);
  message.set_external_network(settings.external_network);
  message.set_address_pool(settings.address_pool);
  message.set_router(settings.router);
  message.mutable_nat()->set_value(settings.nat);
  message.mutable_dns_servers()->Assign(settings.dns_servers.begin(), settings.dns_servers.end());
  return message;
}

absl::Status read(const v1::NetworkSettings& message, cluster::NetworkSettings& settings) {
  MEX_ASSIGN_OR_RETURN(settings.scheme, scheme_of(message.scheme()));
  settings.network = message.network();
  settings.external_network = message.external_network();
  settings.address_pool = message.address_pool();
  settings.router = message.router();
  if (message.has_nat()) settings.nat = message.nat().value();
  settings.dns_servers = strings(message.dns_servers());
  return absl::OkStatus();
}

v1::Care to_proto(const cluster::HealthPolicy& health_policy) {
  v1::Care message;
  *message.mutable_probe_interval() = duration(health_policy.probe_interval);
  *message.mutable_boot_deadline() = duration(health_policy.boot_deadline);
  *message.mutable_api_server_deadline() = duration(health_policy.api_server_deadline);
  *message.mutable_nodes_ready_deadline() = duration(health_policy.nodes_ready_deadline);
  message.mutable_auto_repair()->set_value(health_policy.auto_repair);
  message.set_repair_budget(health_policy.repair_budget);
  return message;
}

void read(const v1::Care& message, cluster::HealthPolicy& health_policy) {
  if (message.has_probe_interval())
    health_policy.probe_interval = duration(message.probe_interval());
  if (message.has_boot_deadline()) health_policy.boot_deadline = duration(message.boot_deadline());
  if (message.has_api_server_deadline()) {
    health_policy.api_server_deadline = duration(message.api_server_deadline());
  }
  if (message.has_nodes_ready_deadline()) {
    health_policy.nodes_ready_deadline = duration(message.nodes_ready_deadline());
  }
  if (message.has_auto_repair()) health_policy.auto_repair = message.auto_repair().value();
  if (message.repair_budget() != 0) health_policy.repair_budget = message.repair_budget();
}

}  // namespace

v1::Flavor to_proto(const cluster::FlavorRecord& record) {
  const cluster::ClusterFlavor& flavor = record.flavor;
  v1::Flavor message;
  message.set_name(flavor.name);
  v1::Masters& masters = *message.mutable_masters();
  masters.set_count(flavor.masters.count);
  masters.set_takes_work(flavor.masters.takes_work);
  put_shape(flavor.masters.shape, masters);
  for (const cluster::WorkerPool& pool : flavor.worker_pools) {
    v1::WorkerPool& one = *message.add_worker_pools();
    one.set_name(pool.name);
    one.set_count(pool.count);
    put_shape(pool.shape, one);
  }
  *message.mutable_kubernetes() = to_proto(flavor.kubernetes);
  *message.mutable_network() = to_proto(flavor.network);
  v1::Placement& placement = *message.mutable_placement();
  placement.mutable_zones()->Assign(flavor.placement.zones.begin(), flavor.placement.zones.end());
  placement.set_anti_affinity(anti_affinity_of(flavor.placement.anti_affinity));
  message.set_key_pair(flavor.key_pair);
  message.mutable_access()->mutable_api_passthrough()->set_value(flavor.access.api_passthrough);
  *message.mutable_care() = to_proto(flavor.health_policy);
  message.set_revision(record.revision);
  message.set_built_in(record.is_built_in);
  if (!record.is_built_in) {
    *message.mutable_created_at() = timestamp(record.created);
    *message.mutable_changed_at() = timestamp(record.changed);
  }
  return message;
}

absl::StatusOr<cluster::ClusterFlavor> flavor_of(const v1::Flavor& message) {
  cluster::ClusterFlavor flavor;
  flavor.name = message.name();
  const v1::Masters& masters = message.masters();
  if (masters.count() != 0) flavor.masters.count = masters.count();
  flavor.masters.takes_work = masters.takes_work();
  flavor.masters.shape = shape_of(masters);
  for (const v1::WorkerPool& pool : message.worker_pools()) {
    flavor.worker_pools.push_back(
        {.name = pool.name(), .count = pool.count(), .shape = shape_of(pool)});
  }
  MEX_RETURN_IF_ERROR(read(message.kubernetes(), flavor.kubernetes));
  MEX_RETURN_IF_ERROR(read(message.network(), flavor.network));
  flavor.placement.zones = strings(message.placement().zones());
  MEX_ASSIGN_OR_RETURN(flavor.placement.anti_affinity,
                       anti_affinity_of(message.placement().anti_affinity()));
  flavor.key_pair = message.key_pair();
  if (message.access().has_api_passthrough()) {
    flavor.access.api_passthrough = message.access().api_passthrough().value();
  }
  read(message.care(), flavor.health_policy);
  return flavor;
}

}  // namespace mex::api
