#include "cluster/flavor/record.h"

#include <array>
#include <utility>

#include "base/record_reader.h"

namespace mex::cluster {
namespace {

constexpr std::array kSchemes{NetworkScheme::Platform, NetworkScheme::Isolated,
                              NetworkScheme::Shared, NetworkScheme::External};
constexpr std::array kAntiAffinities{AntiAffinity::None, AntiAffinity::Soft, AntiAffinity::Hard};
constexpr std::array kImageStyles{ImageStyle::Platform, ImageStyle::Baked, ImageStyle::Packages,
                                  ImageStyle::Unmanaged};
constexpr std::array kCgroupDrivers{CgroupDriver::Platform, CgroupDriver::Systemd,
                                    CgroupDriver::Cgroupfs};

base::Json json_of(const NodeShape& shape) {
  base::Json taints = base::Json::array();
  for (const Taint& taint : shape.taints) {
    taints.push_back({{"key", taint.key}, {"value", taint.value}, {"effect", taint.effect}});
  }
  return {{"nova_flavor", shape.nova_flavor},
          {"image", shape.image},
          {"labels", shape.labels},
          {"taints", std::move(taints)}};
}

void read_shape(const base::RecordReader& group, NodeShape& shape) {
  group.object("shape", [&](const base::RecordReader& reader) {
    reader.read("nova_flavor", shape.nova_flavor);
    reader.read("image", shape.image);
    reader.read("labels", shape.labels);
    reader.objects("taints", [&](const base::RecordReader& inner) {
      Taint& taint = shape.taints.emplace_back();
      inner.read("key", taint.key);
      inner.read("value", taint.value);
      inner.read("effect", taint.effect);
    });
  });
}

base::Json json_of(const ImageQuirks& quirks) {
  return {{"cgroup_driver", to_string(quirks.cgroup_driver)},
          {"conntrack_max_per_core", quirks.conntrack_max_per_core
                                         ? base::Json(*quirks.conntrack_max_per_core)
                                         : base::Json(nullptr)},
          {"ignored_preflight_errors", quirks.ignored_preflight_errors},
          {"skipped_phases", quirks.skipped_phases}};
}

void read_quirks(const base::RecordReader& reader, ImageQuirks& quirks) {
  reader.read("cgroup_driver", quirks.cgroup_driver, kCgroupDrivers);
  reader.read("conntrack_max_per_core", quirks.conntrack_max_per_core);
  reader.read("ignored_preflight_errors", quirks.ignored_preflight_errors);
  reader.read("skipped_phases", quirks.skipped_phases);
}

base::Json json_of(const KubernetesSettings& kubernetes) {
  return {{"version", kubernetes.version},
          {"pod_network", kubernetes.pod_network},
          {"service_network", kubernetes.service_network},
          {"cni", kubernetes.cni},
          {"manifests", kubernetes.manifests},
          {"image_style", to_string(kubernetes.image_style)},
          {"apt_source", kubernetes.apt_source},
          {"image_quirks", json_of(kubernetes.image_quirks)},
          {"registry_mirror", kubernetes.registry_mirror},
          {"http_proxy", kubernetes.http_proxy},
          {"no_proxy", kubernetes.no_proxy},
          {"ntp_servers", kubernetes.ntp_servers},
          {"ca_bundle", kubernetes.ca_bundle},
          {"kubelet_arguments", kubernetes.kubelet_arguments},
          {"api_server_arguments", kubernetes.api_server_arguments}};
}

void read_kubernetes(const base::RecordReader& reader, KubernetesSettings& kubernetes) {
  reader.read("version", kubernetes.version);
  reader.read("pod_network", kubernetes.pod_network);
  reader.read("service_network", kubernetes.service_network);
  reader.read("cni", kubernetes.cni);
  reader.read("manifests", kubernetes.manifests);
  reader.read("image_style", kubernetes.image_style, kImageStyles);
  reader.read("apt_source", kubernetes.apt_source);
  reader.object("image_quirks", [&](const base::RecordReader& quirks) {
    read_quirks(quirks, kubernetes.image_quirks);
  });
  reader.read("registry_mirror", kubernetes.registry_mirror);
  reader.read("http_proxy", kubernetes.http_proxy);
  reader.read("no_proxy", kubernetes.no_proxy);
  reader.read("ntp_servers", kubernetes.ntp_servers);
  reader.read("ca_bundle", kubernetes.ca_bundle);
  reader.read("kubelet_arguments", kubernetes.kubelet_arguments);
  reader.read("api_server_arguments", kubernetes.api_server_arguments);
}

base::Json json_of(const NetworkSettings& network) {
  return {{"scheme", to_string(network.scheme)},
          {"network", network.network},
          {"external_network", network.external_network},
          {"address_pool", network.address_pool},
          {"router", network.router},
          {"nat", network.nat},
          {"dns_servers", network.dns_servers}};
}

void read_network(const base::RecordReader& reader, NetworkSettings& network) {
  reader.read("scheme", network.scheme, kSchemes);
  reader.read("network", network.network);
  reader.read("external_network", network.external_network);
  reader.read("address_pool", network.address_pool);
  reader.read("router", network.router);
  reader.read("nat", network.nat);
  reader.read("dns_servers", network.dns_servers);
}

base::Json json_of(const HealthPolicy& health_policy) {
  return {{"probe_interval", health_policy.probe_interval.count()},
          {"boot_deadline", health_policy.boot_deadline.count()},
          {"api_server_deadline", health_policy.api_server_deadline.count()},
          {"nodes_ready_deadline", health_policy.nodes_ready_deadline.count()},
          {"auto_repair", health_policy.auto_repair},
          {"repair_budget", health_policy.repair_budget}};
}

void read_care(const base::RecordReader& reader, HealthPolicy& health_policy) {
  reader.read("probe_interval", health_policy.probe_interval);
  reader.read("boot_deadline", health_policy.boot_deadline);
  reader.read("api_server_deadline", health_policy.api_server_deadline);
  reader.read("nodes_ready_deadline", health_policy.nodes_ready_deadline);
  reader.read("auto_repair", health_policy.auto_repair);
  reader.read("repair_budget", health_policy.repair_budget);
}

}  // namespace

base::Json json_of(const ClusterFlavor& flavor) {
  base::Json pools = base::Json::array();
  for (const WorkerPool& pool : flavor.worker_pools) {
    pools.push_back({{"name", pool.name}, {"count", pool.count}, {"shape", json_of(pool.shape)}});
  }
  return {{"name", flavor.name},
          {"masters",
           {{"count", flavor.masters.count},
            {"takes_work", flavor.masters.takes_work},
            {"shape", json_of(flavor.masters.shape)}}},
          {"worker_pools", std::move(pools)},
          {"kubernetes", json_of(flavor.kubernetes)},
          {"network", json_of(flavor.network)},
          {"placement",
           {{"zones", flavor.placement.zones},
            {"anti_affinity", to_string(flavor.placement.anti_affinity)}}},
          {"key_pair", flavor.key_pair},
          {"access", {{"api_passthrough", flavor.access.api_passthrough}}},
          {"care", json_of(flavor.health_policy)}};
}

ClusterFlavor flavor_of(const base::RecordReader& reader) {
  ClusterFlavor flavor;
  reader.read("name", flavor.name);
  reader.object("masters", [&](const base::RecordReader& masters) {
    masters.read("count", flavor.masters.count);
    masters.read("takes_work", flavor.masters.takes_work);
    read_shape(masters, flavor.masters.shape);
  });
  reader.objects("worker_pools", [&](const base::RecordReader& inner) {
    WorkerPool& pool = flavor.worker_pools.emplace_back();
    inner.read("name", pool.name);
    inner.read("count", pool.count);
    read_shape(inner, pool.shape);
  });
  reader.object("kubernetes", [&](const base::RecordReader& kubernetes) {
    read_kubernetes(kubernetes, flavor.kubernetes);
  });
  reader.object("network",
                [&](const base::RecordReader& network) { read_network(network, flavor.network); });
  reader.object("placement", [&](const base::RecordReader& placement) {
    placement.read("zones", flavor.placement.zones);
    placement.read("anti_affinity", flavor.placement.anti_affinity, kAntiAffinities);
  });
  reader.read("key_pair", flavor.key_pair);
  reader.object("access", [&](const base::RecordReader& access) {
    access.read("api_passthrough", flavor.access.api_passthrough);
  });
  reader.object("care", [&](const base::RecordReader& health_policy) {
    read_care(health_policy, flavor.health_policy);
  });
  return flavor;
}

std::string to_json(const FlavorRecord& record) {
  return base::dump({{"flavor", json_of(record.flavor)},
                     {"revision", record.revision},
                     {"created", base::time_json(record.created)},
                     {"changed", base::time_json(record.changed)}});
}

absl::StatusOr<FlavorRecord> parse_flavor_record(std::string_view text, std::string_view key) {
  const base::Json json = base::Json::parse(text, nullptr, false);
  bool is_good = true;
  FlavorRecord record;
  const base::RecordReader reader(json, is_good);
  reader.object("flavor",
                [&](const base::RecordReader& flavor) { record.flavor = flavor_of(flavor); });
  reader.read("revision", record.revision);
  reader.read("created", record.created);
  reader.read("changed", record.changed);
  if (!is_good || record.revision < 1) return base::damaged_record(key);
  return record;
}

}  // namespace mex::cluster
