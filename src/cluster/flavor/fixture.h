#pragma once

#include "cluster/flavor/flavor.h"

// For tests.
namespace mex::cluster {

// The form of a certificate; what it says does not matter here.
inline constexpr const char* kTestCertificate =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBszCCAVmgAwIBAgIUQy0hZ3V0ZXMgYmVpc3BpZWwgMDEwCgYIKoZIzj0EAwIw\n"
    "HTEbMBkGA1UEAwwSdGVz\n"
    "-----END CERTIFICATE-----\n";

// A good flavor in which nothing is left as it is by default.
inline ClusterFlavor full_flavor() {
  ClusterFlavor flavor;
  flavor.name = "edge-large";
  flavor.masters.count = 3;
  flavor.masters.takes_work = true;
  flavor.masters.shape = {.nova_flavor = "m1.medium",
                          .image = "debian-12",
                          .labels = {{"example.org/tier", "control"}},
                          .taints = {{"example.org/quiet", "", "PreferNoSchedule"}}};
  flavor.worker_pools = {{.name = "worker",
                          .count = 4,
                          .shape = {.nova_flavor = "m1.large",
                                    .image = "",
                                    .labels = {{"disk", "ssd"}},
                                    .taints = {}}},
                         {.name = "gpu",
                          .count = 1,
                          .shape = {.nova_flavor = "m1.gpu",
                                    .image = "cuda",
                                    .labels = {{"node.kubernetes.io/gpu", "a_100.x"}},
                                    .taints = {{"example.org/gpu", "true", "NoSchedule"},
                                               {"example.org/gpu", "true", "NoExecute"}}}}};
  flavor.kubernetes.version = "1.31.4";
  flavor.kubernetes.pod_network = "10.248.0.0/14";
  flavor.kubernetes.service_network = "10.112.0.0/16";
  flavor.kubernetes.cni = "https://cni.example.org/flannel.yaml";
  flavor.kubernetes.manifests = {"/etc/mexosagent/metrics.yaml"};
  flavor.kubernetes.image_style = ImageStyle::Packages;
  flavor.kubernetes.apt_source = "deb [trusted=yes] https://apt.example.org/k8s stable main";
  flavor.kubernetes.image_quirks = {.cgroup_driver = CgroupDriver::Cgroupfs,
                                    .conntrack_max_per_core = 0,
                                    .ignored_preflight_errors = {"NumCPU", "Port-10250"},
                                    .skipped_phases = {"addon/coredns", "upload-certs"}};
  flavor.kubernetes.registry_mirror = "https://mirror.example.org:5000/library";
  flavor.kubernetes.http_proxy = "http://10.0.0.3:3128";
  flavor.kubernetes.no_proxy = {"10.0.0.0/8", ".example.org", "registry.local"};
  flavor.kubernetes.ntp_servers = {"ntp.example.org", "10.0.0.4"};
  flavor.kubernetes.ca_bundle = kTestCertificate;
  flavor.kubernetes.kubelet_arguments = {{"max-pods", "200"}};
  flavor.kubernetes.api_server_arguments = {{"audit-log-path", "-"}};
  flavor.network.scheme = NetworkScheme::Isolated;
  flavor.network.external_network = "public";
  flavor.network.address_pool = "172.20.0.0/16";
  flavor.network.nat = false;
  flavor.network.dns_servers = {"10.0.0.53"};
  flavor.placement.zones = {"az-1", "az-2"};
  flavor.placement.anti_affinity = AntiAffinity::Hard;
  flavor.key_pair = "operators";
  flavor.access.api_passthrough = false;
  flavor.health_policy.probe_interval = std::chrono::seconds(30);
  flavor.health_policy.boot_deadline = std::chrono::minutes(5);
  flavor.health_policy.api_server_deadline = std::chrono::minutes(6);
  flavor.health_policy.nodes_ready_deadline = std::chrono::minutes(7);
  flavor.health_policy.auto_repair = false;
  flavor.health_policy.repair_budget = 7;
  return flavor;
}

}  // namespace mex::cluster
