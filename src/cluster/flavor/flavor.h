#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/record.h"
#include "base/record_words.h"

// What a kind of cluster is. A field is named here twice, as a member and in the description beside
// its struct (base/record.h); how it is stored, its form in the API and its limits follow from
// that.
namespace mex::cluster {

enum class NodeRole { Master, Worker };

constexpr auto words_of(NodeRole) {
  return base::words<NodeRole>({{NodeRole::Master, "master"}, {NodeRole::Worker, "worker"}});
}

// What the toml file and images made for the first agent call it.
constexpr std::string_view image_role(NodeRole role) {
  return role == NodeRole::Master ? "k8s-master" : "k8s-node";
}

// Keeps pods off a node unless they tolerate it.
struct Taint {
  std::string key;
  std::string value;   // may be empty
  std::string effect;  // "NoSchedule", "PreferNoSchedule" or "NoExecute"

  bool operator==(const Taint&) const = default;
};

constexpr auto fields_of(const Taint*) {
  using T = Taint;
  return base::fields(base::field("key", &T::key), base::field("value", &T::value),
                      base::field("effect", &T::effect));
}

// The largest root volume that can be asked for, in GiB: 64 TiB.
inline constexpr int kMaxRootVolume = 65536;

// What the nodes of one group have in common.
struct NodeShape {
  std::string nova_flavor;  // empty: the provision's, then the platform's
  std::string image;        // name or id; empty: the provision's, then the platform's
  std::map<std::string, std::string> labels;
  std::vector<Taint> taints;
  // The servers boot from volumes of this size, or of this type of Cinder's. 0 and empty: only
  // where the Nova flavor has no disk, with a size that the image needs and Cinder's default type.
  int root_volume_gib = 0;
  std::string root_volume_type{};

  bool operator==(const NodeShape&) const = default;
};

constexpr auto fields_of(const NodeShape*) {
  using T = NodeShape;
  return base::fields(base::field("nova_flavor", &T::nova_flavor), base::field("image", &T::image),
                      base::field("labels", &T::labels), base::field("taints", &T::taints),
                      base::optional_field("root_volume_gib", &T::root_volume_gib,
                                           {0, kMaxRootVolume, "; 0 is no volume"}),
                      base::optional_field("root_volume_type", &T::root_volume_type));
}

struct Masters {
  int count = 1;            // 1, 3 or 5
  bool takes_work = false;  // without the taint that keeps ordinary pods off masters
  NodeShape shape;

  bool operator==(const Masters&) const = default;
};

constexpr auto fields_of(const Masters*) {
  using T = Masters;
  return base::fields(base::field("count", &T::count), base::field("takes_work", &T::takes_work),
                      base::group("shape", &T::shape));
}

// The most nodes of one pool.
inline constexpr int kMaxWorkersOfPool = 250;

struct WorkerPool {
  std::string name;  // its nodes are called <name>-1, <name>-2, …
  int count = 0;
  NodeShape shape;

  bool operator==(const WorkerPool&) const = default;
};

constexpr auto fields_of(const WorkerPool*) {
  using T = WorkerPool;
  return base::fields(base::field("name", &T::name),
                      base::field("count", &T::count, {0, kMaxWorkersOfPool}),
                      base::group("shape", &T::shape));
}

enum class ImageStyle {
  Platform,   // the platform's
  Baked,      // everything is in the image: nothing is fetched at boot
  Packages,   // Kubernetes is installed at boot from `apt_source`
  Unmanaged,  // the image makes itself a node, from its server's metadata and the operator's
              // user-data alone; of KubernetesSettings nothing but the networks counts
};

constexpr auto words_of(ImageStyle) {
  return base::words<ImageStyle>({
      {ImageStyle::Platform, "platform"},
      {ImageStyle::Baked, "baked"},
      {ImageStyle::Packages, "packages"},
      {ImageStyle::Unmanaged, "unmanaged"},
  });
}

enum class CgroupDriver { Platform, Systemd, Cgroupfs };

constexpr auto words_of(CgroupDriver) {
  return base::words<CgroupDriver>({
      {CgroupDriver::Platform, "platform"},
      {CgroupDriver::Systemd, "systemd"},
      {CgroupDriver::Cgroupfs, "cgroupfs"},
  });
}

// Where the images of a site are other than kubeadm expects. What a flavor leaves open is the
// platform's.
struct ImageQuirks {
  CgroupDriver cgroup_driver = CgroupDriver::Platform;  // of kubelet and containerd
  // Connections that kube-proxy makes room for, per core; 0 leaves the kernel's limit alone.
  // Nothing: kube-proxy's own choice.
  std::optional<int> conntrack_max_per_core;
  std::vector<std::string> ignored_preflight_errors;  // kubeadm's names of checks, or "all" alone
  std::vector<std::string> skipped_phases;            // of kubeadm init: "addon/coredns"

  bool operator==(const ImageQuirks&) const = default;
};

constexpr auto fields_of(const ImageQuirks*) {
  using T = ImageQuirks;
  return base::fields(base::field("cgroup_driver", &T::cgroup_driver),
                      base::field("conntrack_max_per_core", &T::conntrack_max_per_core),
                      base::field("ignored_preflight_errors", &T::ignored_preflight_errors),
                      base::field("skipped_phases", &T::skipped_phases));
}

inline constexpr std::string_view kBridgeCni = "bridge";

struct KubernetesSettings {
  std::string version = "1.20.2";
  std::string pod_network = "10.244.0.0/16";  // every node has a /24 of it
  std::string service_network = "10.96.0.0/16";
  std::string cni{kBridgeCni};         // kBridgeCni, or a manifest's absolute path or http(s) URL
  std::vector<std::string> manifests;  // add-ons, in this order: absolute paths or http(s) URLs
  ImageStyle image_style = ImageStyle::Platform;
  std::string apt_source;  // a line of sources.list, for ImageStyle::Packages
  ImageQuirks image_quirks;
  std::string registry_mirror;  // URL that containerd asks instead of the registries
  std::string http_proxy;       // URL, for the nodes' outbound HTTP and HTTPS
  std::vector<std::string> no_proxy;
  std::vector<std::string> ntp_servers;
  std::string ca_bundle;  // PEM certificates that the nodes trust besides their image's
  // Without the leading dashes.
  std::map<std::string, std::string> kubelet_arguments;
  std::map<std::string, std::string> api_server_arguments;

  bool operator==(const KubernetesSettings&) const = default;
};

constexpr auto fields_of(const KubernetesSettings*) {
  using T = KubernetesSettings;
  return base::fields(
      base::field("version", &T::version), base::field("pod_network", &T::pod_network),
      base::field("service_network", &T::service_network), base::field("cni", &T::cni),
      base::field("manifests", &T::manifests), base::field("image_style", &T::image_style),
      base::field("apt_source", &T::apt_source),
      base::field("registry_mirror", &T::registry_mirror),
      base::field("http_proxy", &T::http_proxy), base::field("no_proxy", &T::no_proxy),
      base::field("ntp_servers", &T::ntp_servers), base::field("ca_bundle", &T::ca_bundle),
      base::field("kubelet_arguments", &T::kubelet_arguments),
      base::field("api_server_arguments", &T::api_server_arguments),
      base::group("image_quirks", &T::image_quirks));
}

enum class NetworkScheme {
  Platform,  // Shared where the provision or the platform names a network, Isolated otherwise
  Isolated,  // its own network behind a router
  Shared,    // on an existing network
  External,  // on an external network, without a router
};

constexpr auto words_of(NetworkScheme) {
  return base::words<NetworkScheme>({
      {NetworkScheme::Platform, "platform"},
      {NetworkScheme::Isolated, "isolated"},
      {NetworkScheme::Shared, "shared"},
      {NetworkScheme::External, "external"},
  });
}

struct NetworkSettings {
  NetworkScheme scheme = NetworkScheme::Platform;
  std::string network;           // Shared: name or id; empty: the provision's, then the platform's
  std::string external_network;  // empty: the platform's, then the only one there is
  // Shared and External: name, id or block of the one subnet that the nodes' addresses are in;
  // empty: the platform's, then one with IPv4 that holds those which are fixed.
  std::string subnet;

  // Isolated only.
  std::string address_pool;  // block that the subnets are cut from; empty: the platform's
  std::string router;        // existing one to be used, name or id; empty: one is made
  bool nat = true;           // the router translates the nodes' addresses
  std::vector<std::string> dns_servers;

  bool operator==(const NetworkSettings&) const = default;
};

constexpr auto fields_of(const NetworkSettings*) {
  using T = NetworkSettings;
  return base::fields(base::field("scheme", &T::scheme), base::field("network", &T::network),
                      base::field("external_network", &T::external_network),
                      base::field("address_pool", &T::address_pool),
                      base::field("router", &T::router), base::field("nat", &T::nat),
                      base::field("dns_servers", &T::dns_servers),
                      base::optional_field("subnet", &T::subnet));
}

enum class AntiAffinity { None, Soft, Hard };

constexpr auto words_of(AntiAffinity) {
  return base::words<AntiAffinity>({
      {AntiAffinity::None, "none"},
      {AntiAffinity::Soft, "soft"},
      {AntiAffinity::Hard, "hard"},
  });
}

struct Placement {
  std::vector<std::string> zones;  // nodes of a group take them in turn; empty: the provision's, …
  AntiAffinity anti_affinity = AntiAffinity::None;  // of the nodes of one group, by hosts

  bool operator==(const Placement&) const = default;
};

constexpr auto fields_of(const Placement*) {
  using T = Placement;
  return base::fields(base::field("zones", &T::zones),
                      base::field("anti_affinity", &T::anti_affinity));
}

struct Access {
  bool api_passthrough = true;  // the API server is reached through the agent's proxy port

  bool operator==(const Access&) const = default;
};

constexpr auto fields_of(const Access*) {
  using T = Access;
  return base::fields(base::field("api_passthrough", &T::api_passthrough));
}

// The most workers that may be replaced within one hour.
inline constexpr int kMaxRepairBudget = 250;

struct HealthPolicy {
  using Milliseconds = std::chrono::milliseconds;

  Milliseconds probe_interval{std::chrono::seconds(10)};
  // From the request for a server to ACTIVE, from there to an API server that answers, and from
  // there to nodes that are Ready.
  Milliseconds boot_deadline{std::chrono::minutes(15)};
  Milliseconds api_server_deadline{std::chrono::minutes(10)};
  Milliseconds nodes_ready_deadline{std::chrono::minutes(10)};
  bool auto_repair = true;
  int repair_budget = 2;  // workers that may be replaced within one hour

  bool operator==(const HealthPolicy&) const = default;
};

constexpr auto fields_of(const HealthPolicy*) {
  using T = HealthPolicy;
  using std::chrono::minutes;
  constexpr base::Limits<T::Milliseconds> kDeadline{minutes(1), minutes(120)};
  return base::fields(
      base::field("probe_interval", &T::probe_interval, {std::chrono::seconds(1), minutes(10)}),
      base::field("boot_deadline", &T::boot_deadline, kDeadline),
      base::field("api_server_deadline", &T::api_server_deadline, kDeadline),
      base::field("nodes_ready_deadline", &T::nodes_ready_deadline, kDeadline),
      base::field("auto_repair", &T::auto_repair),
      base::field("repair_budget", &T::repair_budget,
                  {1, kMaxRepairBudget, " workers in an hour; auto_repair turns repairs off"}));
}

// What a kind of cluster is: a value. Defaults are those of a flavor that says nothing.
struct ClusterFlavor {
  std::string name;
  Masters masters;
  std::vector<WorkerPool> worker_pools;
  KubernetesSettings kubernetes;
  NetworkSettings network;
  Placement placement;
  std::string key_pair;  // Nova's, for all servers; empty: none
  Access access;
  HealthPolicy health_policy;

  bool operator==(const ClusterFlavor&) const = default;
};

constexpr auto fields_of(const ClusterFlavor*) {
  using T = ClusterFlavor;
  return base::fields(base::field("name", &T::name), base::field("masters", &T::masters),
                      base::field("worker_pools", &T::worker_pools),
                      base::field("kubernetes", &T::kubernetes),
                      base::field("network", &T::network), base::field("placement", &T::placement),
                      base::field("key_pair", &T::key_pair), base::field("access", &T::access),
                      base::field("care", &T::health_policy));
}

// The masters' group: what names the group in slots, server groups and views. No pool has it.
inline constexpr std::string_view kMasterGroup = "master";

std::size_t node_count(const ClusterFlavor& flavor);

// Of the nodes of that group: kMasterGroup or a pool's name.
const NodeShape& shape_of(const ClusterFlavor& flavor, std::string_view group);

// The words of records: "isolated", "soft", "baked", "systemd"; `Platform` and `None` are
// "platform" and "none".
constexpr std::string_view to_string(NodeRole role) { return base::to_word(role); }
constexpr std::string_view to_string(NetworkScheme scheme) { return base::to_word(scheme); }
constexpr std::string_view to_string(AntiAffinity affinity) { return base::to_word(affinity); }
constexpr std::string_view to_string(ImageStyle style) { return base::to_word(style); }
constexpr std::string_view to_string(CgroupDriver driver) { return base::to_word(driver); }

}  // namespace mex::cluster
