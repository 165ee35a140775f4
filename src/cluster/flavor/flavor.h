#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mex::cluster {

enum class NodeRole { Master, Worker };

std::string_view to_string(NodeRole role);  // "master", "worker"

// Keeps pods off a node unless they tolerate it.
struct Taint {
  std::string key;
  std::string value;   // may be empty
  std::string effect;  // "NoSchedule", "PreferNoSchedule" or "NoExecute"

  bool operator==(const Taint&) const = default;
};

// What the nodes of one group have in common.
struct NodeShape {
  std::string nova_flavor;  // empty: the provision's, then the platform's
  std::string image;        // name or id; empty: the provision's, then the platform's
  std::map<std::string, std::string> labels;
  std::vector<Taint> taints;

  bool operator==(const NodeShape&) const = default;
};

struct Masters {
  int count = 1;            // 1, 3 or 5
  bool takes_work = false;  // without the taint that keeps ordinary pods off masters
  NodeShape shape;

  bool operator==(const Masters&) const = default;
};

struct WorkerPool {
  std::string name;  // its nodes are called <name>-1, <name>-2, …
  int count = 0;
  NodeShape shape;

  bool operator==(const WorkerPool&) const = default;
};

enum class ImageStyle {
  Platform,   // the platform's
  Baked,      // everything is in the image: nothing is fetched at boot
  Packages,   // Kubernetes is installed at boot from `apt_source`
  Unmanaged,  // the image makes itself a node, from its server's metadata and the operator's
              // user-data alone; of KubernetesSettings nothing but the networks counts
};

enum class CgroupDriver { Platform, Systemd, Cgroupfs };

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

enum class NetworkScheme {
  Platform,  // Shared where the provision or the platform names a network, Isolated otherwise
  Isolated,  // a network of its own behind a router
  Shared,    // on an existing network
  External,  // on an external network, without a router
};

struct NetworkSettings {
  NetworkScheme scheme = NetworkScheme::Platform;
  std::string network;           // Shared: name or id; empty: the provision's, then the platform's
  std::string external_network;  // empty: the platform's, then the only one there is

  // Isolated only.
  std::string address_pool;  // block that the subnets are cut from; empty: the platform's
  std::string router;        // existing one to be used, name or id; empty: one is made
  bool nat = true;           // the router translates the nodes' addresses
  std::vector<std::string> dns_servers;

  bool operator==(const NetworkSettings&) const = default;
};

enum class AntiAffinity { None, Soft, Hard };

struct Placement {
  std::vector<std::string> zones;  // nodes of a group take them in turn; empty: the provision's, …
  AntiAffinity anti_affinity = AntiAffinity::None;  // of the nodes of one group, by hosts

  bool operator==(const Placement&) const = default;
};

struct Access {
  bool api_passthrough = true;  // the API server is reached through the agent's proxy port

  bool operator==(const Access&) const = default;
};

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

// The masters' group: what names the group in slots, server groups and views. No pool has it.
inline constexpr std::string_view kMasterGroup = "master";

std::size_t node_count(const ClusterFlavor& flavor);

// "isolated", "soft", "baked", "systemd": the words of records. `Platform` and `None` are
// "platform", "none".
std::string_view to_string(NetworkScheme scheme);
std::string_view to_string(AntiAffinity anti_affinity);
std::string_view to_string(ImageStyle style);
std::string_view to_string(CgroupDriver driver);

}  // namespace mex::cluster
