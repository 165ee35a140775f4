#include "cluster/flavor/check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "base/status.h"
#include "cluster/flavor/builtin.h"
#include "cluster/flavor/fixture.h"

namespace mex::cluster {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::StartsWith;

AddressPool platform_pool() { return *AddressPool::parse("10.101.0.0/16"); }

TEST(CheckFlavor, TheBuiltInOnesAreGood) {
  for (const auto& [name, record] : built_in_flavors()) {
    EXPECT_TRUE(check_flavor(record.flavor, platform_pool()).ok())
        << check_flavor(record.flavor, platform_pool());
    EXPECT_EQ(record.flavor.name, name);
    EXPECT_TRUE(record.is_built_in);
  }
  EXPECT_EQ(node_count(built_in_flavors().at("kubernetes-mini-openstack").flavor), 3U);
  EXPECT_EQ(node_count(built_in_flavors().at("kubernetes-single-openstack").flavor), 1U);
  EXPECT_EQ(node_count(built_in_flavors().at("kubernetes-ha-openstack").flavor), 5U);
  EXPECT_EQ(node_count(built_in_flavors().at("kubernetes-gpu-openstack").flavor), 2U);
}

TEST(CheckFlavor, EverythingCanBeSaid) {
  EXPECT_TRUE(check_flavor(full_flavor(), platform_pool()).ok())
      << check_flavor(full_flavor(), platform_pool());
}

using Change = std::function<void(ClusterFlavor&)>;

struct Bad {
  const char* field;  // that is named
  const char* hint;   // a part of what would be right
  Change change;      // makes a good flavor bad
};

KubernetesSettings& kubernetes(ClusterFlavor& flavor) { return flavor.kubernetes; }
NetworkSettings& network(ClusterFlavor& flavor) { return flavor.network; }
WorkerPool& pool(ClusterFlavor& flavor) { return flavor.worker_pools[1]; }
Taint& taint(ClusterFlavor& flavor) { return flavor.worker_pools[1].shape.taints[1]; }

std::string long_text(std::size_t size) { return std::string(size, 'a'); }

const std::vector<Bad>& bad_nodes() {
  static const std::vector<Bad> all{
      {"name", "DNS label of at most 63", [](auto& f) { f.name = ""; }},
      {"name", "DNS label", [](auto& f) { f.name = "Edge"; }},
      {"name", "DNS label", [](auto& f) { f.name = "a/b"; }},
      {"name", "DNS label", [](auto& f) { f.name = long_text(64); }},
      {"masters.count", "1, 3 or 5", [](auto& f) { f.masters.count = 0; }},
      {"masters.count", "1, 3 or 5", [](auto& f) { f.masters.count = 2; }},
      {"masters.count", "1, 3 or 5", [](auto& f) { f.masters.count = 7; }},
      {"masters.count", "1, 3 or 5", [](auto& f) { f.masters.count = -1; }},
      {"masters.nova_flavor", "255 bytes",
       [](auto& f) { f.masters.shape.nova_flavor = long_text(256); }},
      {"masters.image", "control characters", [](auto& f) { f.masters.shape.image = "a\nb"; }},
      {"masters.labels[a b]", "label key",
       [](auto& f) {
         f.masters.shape.labels = {{"a b", "x"}};
       }},
      {"worker_pools", "at most 20 pools",
       [](auto& f) {
         f.worker_pools.assign(21, {});
         for (std::size_t i = 0; i < 21; ++i) f.worker_pools[i].name = fmt::format("p{}", i);
       }},
      {"worker_pools", "a cluster may have 500",
       [](auto& f) {
         f.worker_pools.assign(2, {.name = "a", .count = 250, .shape = {}});
         f.worker_pools[1].name = "b";
       }},
      {"worker_pools[1].name", "DNS label of at most 20", [](auto& f) { pool(f).name = ""; }},
      {"worker_pools[1].name", "DNS label", [](auto& f) { pool(f).name = long_text(21); }},
      {"worker_pools[1].name", "DNS label", [](auto& f) { pool(f).name = "-gpu"; }},
      {"worker_pools[1].name", "other than master", [](auto& f) { pool(f).name = "master"; }},
      {"worker_pools[1].name", "another pool", [](auto& f) { pool(f).name = "worker"; }},
      {"worker_pools[1].count", "0 to 250", [](auto& f) { pool(f).count = -1; }},
      {"worker_pools[1].count", "0 to 250", [](auto& f) { pool(f).count = 251; }},
      {"worker_pools[1].nova_flavor", "255 bytes",
       [](auto& f) { pool(f).shape.nova_flavor = " m1"; }},
      {"worker_pools[1].labels[]", "label key",
       [](auto& f) {
         pool(f).shape.labels = {{"", ""}};
       }},
      {"worker_pools[1].labels[/x]", "label key",
       [](auto& f) {
         pool(f).shape.labels = {{"/x", ""}};
       }},
      {"worker_pools[1].labels[Up.org/x]", "label key",
       [](auto& f) {
         pool(f).shape.labels = {{"Up.org/x", ""}};
       }},
      {"worker_pools[1].labels[a/b/c]", "label key",
       [](auto& f) {
         pool(f).shape.labels = {{"a/b/c", ""}};
       }},
      {"worker_pools[1].labels[x]", "at most 63",
       [](auto& f) {
         pool(f).shape.labels = {{"x", long_text(64)}};
       }},
      {"worker_pools[1].labels[x]", "first and last a letter or digit",
       [](auto& f) {
         pool(f).shape.labels = {{"x", "-a"}};
       }},
      {"worker_pools[1].labels[node-role.kubernetes.io/gpu]", "node.kubernetes.io/…",
       [](auto& f) {
         pool(f).shape.labels = {{"node-role.kubernetes.io/gpu", ""}};
       }},
      {"worker_pools[1].labels", "at most 50",
       [](auto& f) {
         for (int i = 0; i < 51; ++i) pool(f).shape.labels[fmt::format("l{}", i)] = "";
       }},
      {"worker_pools[1].taints[1].key", "label key", [](auto& f) { taint(f).key = ""; }},
      {"worker_pools[1].taints[1].key", "label key", [](auto& f) { taint(f).key = long_text(64); }},
      {"worker_pools[1].taints[1].value", "at most 63", [](auto& f) { taint(f).value = "a b"; }},
      {"worker_pools[1].taints[1].effect", "NoSchedule, PreferNoSchedule or NoExecute",
       [](auto& f) { taint(f).effect = "noschedule"; }},
      {"worker_pools[1].taints[1].effect", "NoExecute", [](auto& f) { taint(f).effect = ""; }},
      {"worker_pools[1].taints[1]", "in the list already",
       [](auto& f) { taint(f).effect = "NoSchedule"; }},
      {"worker_pools[1].taints", "at most 20", [](auto& f) { pool(f).shape.taints.resize(21); }},
  };
  return all;
}

const std::vector<Bad>& bad_kubernetes() {
  static const std::vector<Bad> all{
      {"kubernetes.version", "MAJOR.MINOR.PATCH", [](auto& f) { kubernetes(f).version = ""; }},
      {"kubernetes.version", "such as 1.30.2", [](auto& f) { kubernetes(f).version = "1.19"; }},
      {"kubernetes.version", "1.20.0 or newer", [](auto& f) { kubernetes(f).version = "1.19.9"; }},
      {"kubernetes.version", "PATCH", [](auto& f) { kubernetes(f).version = "vv1.20.2"; }},
      {"kubernetes.version", "PATCH", [](auto& f) { kubernetes(f).version = "1.20.2-rc.1"; }},
      {"kubernetes.version", "PATCH", [](auto& f) { kubernetes(f).version = "1.020.2"; }},
      {"kubernetes.version", "PATCH", [](auto& f) { kubernetes(f).version = "1.20.2.3"; }},
      {"kubernetes.version", "PATCH", [](auto& f) { kubernetes(f).version = "2.0.0"; }},
      {"kubernetes.cni", "bridge, or the absolute path", [](auto& f) { kubernetes(f).cni = ""; }},
      {"kubernetes.cni", "http(s) URL", [](auto& f) { kubernetes(f).cni = "ftp://x/cni.yaml"; }},
      {"kubernetes.cni", "absolute path", [](auto& f) { kubernetes(f).cni = "cni.yaml"; }},
      {"kubernetes.manifests[0]", "absolute path",
       [](auto& f) { kubernetes(f).manifests[0] = "/etc/../x.yaml"; }},
      {"kubernetes.manifests[0]", "http(s) URL",
       [](auto& f) { kubernetes(f).manifests[0] = "https:///x"; }},
      {"kubernetes.manifests", "at most 20",
       [](auto& f) { kubernetes(f).manifests.assign(21, "/x.yaml"); }},
      {"kubernetes.apt_source", "begins with \"deb \"",
       [](auto& f) { kubernetes(f).apt_source = ""; }},
      {"kubernetes.apt_source", "line of sources.list",
       [](auto& f) { kubernetes(f).apt_source = "deb http://x y z\ndeb http://q"; }},
      {"kubernetes.apt_source", "only for the image style PACKAGES",
       [](auto& f) { kubernetes(f).image_style = ImageStyle::Baked; }},
      {"kubernetes.apt_source", "only for the image style PACKAGES",
       [](auto& f) { kubernetes(f).image_style = ImageStyle::Unmanaged; }},
      {"kubernetes.conntrack_max_per_core", "0 to 1000000",
       [](auto& f) { kubernetes(f).image_quirks.conntrack_max_per_core = -1; }},
      {"kubernetes.ignored_preflight_errors[1]", "name of a check of kubeadm",
       [](auto& f) { kubernetes(f).image_quirks.ignored_preflight_errors[1] = "Num CPU"; }},
      {"kubernetes.ignored_preflight_errors[1]", "stand alone",
       [](auto& f) { kubernetes(f).image_quirks.ignored_preflight_errors[1] = "all"; }},
      {"kubernetes.skipped_phases[0]", "phase of kubeadm init",
       [](auto& f) { kubernetes(f).image_quirks.skipped_phases[0] = "addon/coredns/x"; }},
      {"kubernetes.registry_mirror", "http(s) URL",
       [](auto& f) { kubernetes(f).registry_mirror = "mirror.example.org"; }},
      {"kubernetes.registry_mirror", "without user",
       [](auto& f) { kubernetes(f).registry_mirror = "https://u:p@mirror"; }},
      {"kubernetes.http_proxy", "http(s) URL",
       [](auto& f) { kubernetes(f).http_proxy = "http://proxy:0"; }},
      {"kubernetes.http_proxy", "http(s) URL",
       [](auto& f) { kubernetes(f).http_proxy = "http://proxy:99999"; }},
      {"kubernetes.http_proxy", "http(s) URL",
       [](auto& f) { kubernetes(f).http_proxy = "http://a b"; }},
      {"kubernetes.http_proxy", "http(s) URL",
       [](auto& f) { kubernetes(f).http_proxy = "http://a/$b"; }},
      {"kubernetes.no_proxy[1]", "a host, a domain or an IPv4 block",
       [](auto& f) { kubernetes(f).no_proxy[1] = "*"; }},
      {"kubernetes.no_proxy[0]", "IPv4 block",
       [](auto& f) { kubernetes(f).no_proxy[0] = "10.1.0.0/8"; }},
      {"kubernetes.ntp_servers[0]", "DNS name or an IPv4 address",
       [](auto& f) { kubernetes(f).ntp_servers[0] = "ntp_1"; }},
      {"kubernetes.ntp_servers[0]", "DNS name or an IPv4 address",
       [](auto& f) { kubernetes(f).ntp_servers[0] = "10.0.0.300"; }},
      {"kubernetes.ntp_servers", "at most 20",
       [](auto& f) { kubernetes(f).ntp_servers.assign(21, "ntp"); }},
      {"kubernetes.ca_bundle", "PEM", [](auto& f) { kubernetes(f).ca_bundle = "x"; }},
      {"kubernetes.ca_bundle", "nothing else",
       [](auto& f) { kubernetes(f).ca_bundle += "-----BEGIN PRIVATE KEY-----\n"; }},
      {"kubernetes.ca_bundle", "PEM", [](auto& f) { kubernetes(f).ca_bundle.resize(60); }},
      {"kubernetes.ca_bundle", "at most 16384 bytes",
       [](auto& f) {
         while (kubernetes(f).ca_bundle.size() <= 16384)
           kubernetes(f).ca_bundle += kTestCertificate;
       }},
      {"kubernetes.kubelet_arguments[--max-pods]", "without its dashes",
       [](auto& f) {
         kubernetes(f).kubelet_arguments = {{"--max-pods", "1"}};
       }},
      {"kubernetes.kubelet_arguments[node-ip]", "set by the agent itself",
       [](auto& f) {
         kubernetes(f).kubelet_arguments = {{"node-ip", "10.0.0.1"}};
       }},
      {"kubernetes.kubelet_arguments[v]", "without control characters",
       [](auto& f) {
         kubernetes(f).kubelet_arguments = {{"v", "4\n--x"}};
       }},
      {"kubernetes.kubelet_arguments[v]", "quotes",
       [](auto& f) {
         kubernetes(f).kubelet_arguments = {{"v", "$(reboot)"}};
       }},
      {"kubernetes.api_server_arguments[A]", "name of an argument",
       [](auto& f) {
         kubernetes(f).api_server_arguments = {{"A", ""}};
       }},
      {"kubernetes.api_server_arguments[etcd-servers]", "set by the agent itself",
       [](auto& f) {
         kubernetes(f).api_server_arguments = {{"etcd-servers", "x"}};
       }},
  };
  return all;
}

const std::vector<Bad>& bad_networks() {
  static const std::vector<Bad> all{
      {"kubernetes.pod_network", "/8 to /24", [](auto& f) { kubernetes(f).pod_network = ""; }},
      {"kubernetes.pod_network", "host bits",
       [](auto& f) { kubernetes(f).pod_network = "10.244.1.0/16"; }},
      {"kubernetes.pod_network", "/8 to /24",
       [](auto& f) { kubernetes(f).pod_network = "10.244.0.0/25"; }},
      {"kubernetes.pod_network", "room for 4 nodes",
       [](auto& f) { kubernetes(f).pod_network = "10.244.0.0/22"; }},
      {"kubernetes.pod_network", "must be /16 or larger: with the CNI bridge",
       [](auto& f) {
         kubernetes(f).cni = "bridge";
         kubernetes(f).pod_network = "10.244.0.0/17";
       }},
      {"kubernetes.pod_network", "must be /15 or larger",
       [](auto& f) {
         f.worker_pools = {{.name = "w", .count = 150, .shape = {}}};
         kubernetes(f).cni = "bridge";
         kubernetes(f).pod_network = "10.244.0.0/16";
       }},
      {"kubernetes.service_network", "/12 to /24",
       [](auto& f) { kubernetes(f).service_network = "10.0.0.0/8"; }},
      {"kubernetes.service_network", "IPv4 block",
       [](auto& f) { kubernetes(f).service_network = "fd00::/108"; }},
      {"kubernetes.service_network", "overlaps 10.248.0.0/14 (flavor.kubernetes.pod_network)",
       [](auto& f) { kubernetes(f).service_network = "10.250.0.0/16"; }},
      {"kubernetes.pod_network", "(flavor.network.address_pool)",
       [](auto& f) { network(f).address_pool = "10.249.0.0/16"; }},
      {"kubernetes.service_network", "(flavor.network.address_pool)",
       [](auto& f) { network(f).address_pool = "10.112.64.0/20"; }},
      {"kubernetes.service_network", "(the platform's address pool)",
       [](auto& f) {
         network(f).address_pool = "";
         kubernetes(f).service_network = "10.96.0.0/12";
       }},
      {"network.address_pool", "IPv4 block", [](auto& f) { network(f).address_pool = "pool"; }},
      {"network.address_pool", "loopback",
       [](auto& f) { network(f).address_pool = "127.1.0.0/16"; }},
      {"network.address_pool", "link-local",
       [](auto& f) { network(f).address_pool = "169.254.0.0/16"; }},
      {"network.address_pool", "multicast",
       [](auto& f) { network(f).address_pool = "239.0.0.0/8"; }},
      {"kubernetes.pod_network", "multicast",
       [](auto& f) { kubernetes(f).pod_network = "224.0.0.0/8"; }},
      {"worker_pools[1].root_volume_gib", "must be 0 to 65536",
       [](auto& f) { pool(f).shape.root_volume_gib = -1; }},
      {"worker_pools[1].root_volume_type", "at most 255",
       [](auto& f) { pool(f).shape.root_volume_type = "a\nb"; }},
      {"network.subnet", "SHARED and EXTERNAL", [](auto& f) { network(f).subnet = "a"; }},
      {"network.address_pool", "/8 to /24",
       [](auto& f) { network(f).address_pool = "172.20.0.0/25"; }},
      {"network.address_pool", "150 workers need a subnet of /23",
       [](auto& f) {
         f.worker_pools = {{.name = "w", .count = 150, .shape = {}}};
         network(f).address_pool = "172.20.0.0/24";
       }},
      {"network.network", "only for the scheme SHARED",
       [](auto& f) { network(f).network = "net-1"; }},
      {"network.address_pool", "scheme ISOLATED",
       [](auto& f) { network(f).scheme = NetworkScheme::Shared; }},
      {"network.nat", "leave it out",
       [](auto& f) {
         network(f) = {};
         network(f).nat = false;
         network(f).scheme = NetworkScheme::External;
       }},
      {"network.dns_servers", "scheme ISOLATED",
       [](auto& f) {
         network(f) = {};
         network(f).dns_servers = {"10.0.0.53"};
         network(f).scheme = NetworkScheme::Shared;
       }},
      {"network.router", "scheme ISOLATED",
       [](auto& f) {
         network(f) = {};
         network(f).router = "edge";
         network(f).scheme = NetworkScheme::Shared;
       }},
      {"network.external_network", "not for the scheme SHARED",
       [](auto& f) {
         network(f) = {};
         network(f).external_network = "public";
         network(f).scheme = NetworkScheme::Shared;
       }},
      {"network.nat", "existing router", [](auto& f) { network(f).router = "edge"; }},
      {"network.external_network", "existing router",
       [](auto& f) {
         network(f).router = "edge";
         network(f).nat = true;
       }},
      {"network.external_network", "255 bytes",
       [](auto& f) { network(f).external_network = long_text(256); }},
      {"network.dns_servers[0]", "IPv4 address",
       [](auto& f) { network(f).dns_servers = {"dns.example.org"}; }},
      {"network.dns_servers", "at most 5",
       [](auto& f) { network(f).dns_servers.assign(6, "10.0.0.53"); }},
  };
  return all;
}

const std::vector<Bad>& bad_rest() {
  static const std::vector<Bad> all{
      {"placement.zones[1]", "availability zone", [](auto& f) { f.placement.zones[1] = ""; }},
      {"placement.zones[1]", "without ':'", [](auto& f) { f.placement.zones[1] = "nova:host-1"; }},
      {"placement.zones[1]", "twice", [](auto& f) { f.placement.zones[1] = "az-1"; }},
      {"placement.zones", "at most 20", [](auto& f) { f.placement.zones.resize(21); }},
      {"key_pair", "key pair in Nova", [](auto& f) { f.key_pair = "a\tb"; }},
      {"care.probe_interval", "1s to 600s",
       [](auto& f) { f.health_policy.probe_interval = seconds(0); }},
      {"care.probe_interval", "1s to 600s",
       [](auto& f) { f.health_policy.probe_interval = milliseconds(999); }},
      {"care.probe_interval", "1s to 600s",
       [](auto& f) { f.health_policy.probe_interval = hours(1); }},
      {"care.boot_deadline", "60s to 7200s",
       [](auto& f) { f.health_policy.boot_deadline = seconds(59); }},
      {"care.boot_deadline", "60s to 7200s",
       [](auto& f) { f.health_policy.boot_deadline = seconds(-90); }},
      {"care.api_server_deadline", "60s to 7200s",
       [](auto& f) { f.health_policy.api_server_deadline = hours(3); }},
      {"care.nodes_ready_deadline", "60s to 7200s",
       [](auto& f) { f.health_policy.nodes_ready_deadline = seconds(1); }},
      {"care.repair_budget", "1 to 250", [](auto& f) { f.health_policy.repair_budget = 0; }},
      {"care.repair_budget", "auto_repair turns",
       [](auto& f) { f.health_policy.repair_budget = 251; }},
  };
  return all;
}

void expect_refused(const std::vector<Bad>& all) {
  for (const Bad& bad : all) {
    ClusterFlavor flavor = full_flavor();
    bad.change(flavor);
    const absl::Status status = check_flavor(flavor, platform_pool());
    const std::string field = fmt::format("flavor.{}", bad.field);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << field << ": " << bad.hint;
    EXPECT_EQ(base::detail_of(status).field, field);
    EXPECT_THAT(base::message_of(status), StartsWith(field + ": "));
    EXPECT_THAT(base::message_of(status), HasSubstr(bad.hint));
  }
}

TEST(CheckFlavor, RefusesBadNodes) { expect_refused(bad_nodes()); }
TEST(CheckFlavor, RefusesBadKubernetesSettings) { expect_refused(bad_kubernetes()); }
TEST(CheckFlavor, RefusesBadNetworks) { expect_refused(bad_networks()); }
TEST(CheckFlavor, RefusesBadPlacementAndCare) { expect_refused(bad_rest()); }

TEST(CheckFlavor, AnUnmanagedImageTakesNoSettings) {
  ClusterFlavor plain;
  plain.name = "plain";
  kubernetes(plain).image_style = ImageStyle::Unmanaged;
  EXPECT_TRUE(check_flavor(plain, platform_pool()).ok()) << check_flavor(plain, platform_pool());
  const std::pair<const char*, Change> settings[] = {
      {"cni", [](auto& f) { kubernetes(f).cni = "/x.yaml"; }},
      {"manifests", [](auto& f) { kubernetes(f).manifests = {"/x.yaml"}; }},
      {"registry_mirror", [](auto& f) { kubernetes(f).registry_mirror = "http://x"; }},
      {"http_proxy", [](auto& f) { kubernetes(f).http_proxy = "http://x"; }},
      {"no_proxy", [](auto& f) { kubernetes(f).no_proxy = {"x"}; }},
      {"ntp_servers", [](auto& f) { kubernetes(f).ntp_servers = {"x"}; }},
      {"ca_bundle", [](auto& f) { kubernetes(f).ca_bundle = kTestCertificate; }},
      {"kubelet_arguments", [](auto& f) { kubernetes(f).kubelet_arguments["v"] = "4"; }},
      {"api_server_arguments", [](auto& f) { kubernetes(f).api_server_arguments["v"] = "4"; }},
      {"cgroup_driver",
       [](auto& f) { kubernetes(f).image_quirks.cgroup_driver = CgroupDriver::Systemd; }},
      {"conntrack_max_per_core",
       [](auto& f) { kubernetes(f).image_quirks.conntrack_max_per_core = 0; }},
      {"ignored_preflight_errors",
       [](auto& f) { kubernetes(f).image_quirks.ignored_preflight_errors = {"all"}; }},
      {"skipped_phases",
       [](auto& f) { kubernetes(f).image_quirks.skipped_phases = {"addon/coredns"}; }},
  };
  for (const auto& [name, change] : settings) {
    ClusterFlavor flavor = plain;
    change(flavor);
    const absl::Status status = check_flavor(flavor, platform_pool());
    EXPECT_EQ(base::detail_of(status).field, fmt::format("flavor.kubernetes.{}", name));
    EXPECT_THAT(base::message_of(status), HasSubstr("UNMANAGED"));
    kubernetes(flavor).image_style = ImageStyle::Baked;
    EXPECT_TRUE(check_flavor(flavor, platform_pool()).ok()) << name;
  }
}

TEST(CheckFlavor, NetworksOfEverySchemeCanBeGood) {
  ClusterFlavor flavor = full_flavor();
  flavor.network = {};
  flavor.network.scheme = NetworkScheme::Shared;
  flavor.network.network = "net-1";
  EXPECT_TRUE(check_flavor(flavor, platform_pool()).ok());
  flavor.network = {};
  flavor.network.scheme = NetworkScheme::External;
  flavor.network.external_network = "public";
  EXPECT_TRUE(check_flavor(flavor, platform_pool()).ok());
  flavor.network = {};
  flavor.network.router = "edge";
  flavor.network.dns_servers = {"10.0.0.53"};
  EXPECT_TRUE(check_flavor(flavor, platform_pool()).ok());
}

}  // namespace
}  // namespace mex::cluster
