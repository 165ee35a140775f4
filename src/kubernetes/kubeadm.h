#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/secret.h"
#include "kubernetes/api_server_port.h"
#include "kubernetes/bootstrap_token.h"
#include "kubernetes/version.h"

// The configuration of kubeadm on each node. Pure.
namespace mex::kubernetes {

enum class CgroupDriver { Systemd, Cgroupfs };

// Command-line arguments of a component by name, without the leading "--".
using Arguments = std::map<std::string, std::string>;

// What all nodes of a cluster have in common.
struct KubeadmCluster {
  std::string name;
  Version version;
  // How nodes reach the API server: a name that their /etc/hosts know, or an address.
  std::string endpoint_host;
  std::uint16_t api_port = kApiServerPort;
  // Names and addresses of the API server's certificate besides kubeadm's own choice.
  std::vector<std::string> certificate_names;
  std::string pod_network;      // "10.244.0.0/16"
  std::string service_network;  // "10.96.0.0/12"
  std::string dns_domain = "cluster.local";
  // Whether the controller manager hands out pod networks to nodes. Not with the built-in bridge
  // CNI: there a node's pod network follows from its address (README.md).
  bool allocates_pod_networks = true;
  std::string image_repository;  // "" = kubeadm's own
  BootstrapToken token = BootstrapToken::generate();
  std::chrono::seconds token_validity{std::chrono::hours(24)};
  std::string ca_hash;  // of ca_certificate_hash()
  Arguments api_server_arguments;
  Arguments kubelet_arguments;
  CgroupDriver cgroup_driver = CgroupDriver::Systemd;
  // Connections that kube-proxy makes room for, per core; 0 leaves the kernel's value alone.
  std::optional<int> conntrack_max_per_core;
  std::chrono::seconds control_plane_timeout{240};
};

enum class NodeRole { FirstMaster, FurtherMaster, Worker };

struct Taint {
  std::string key;
  std::string value;
  std::string effect;  // NoSchedule, PreferNoSchedule, NoExecute
};

struct KubeadmNode {
  NodeRole role = NodeRole::Worker;
  std::string name;     // DNS label: the name of the Node object
  std::string address;  // IPv4, of the port that Neutron made
  std::map<std::string, std::string> labels;
  // Nothing: kubeadm's choice (masters take no work). Empty: none at all.
  std::optional<std::vector<Taint>> taints;
  Arguments kubelet_arguments;  // before those of the cluster
};

// "kubeadm.k8s.io/v1beta2" below 1.22, v1beta3 up to 1.30, v1beta4 from 1.31.
std::string kubeadm_api_version(const Version& version);

// The file for `kubeadm init` (with the configurations of kubelet and kube-proxy, which kubeadm
// spreads to all nodes) or `kubeadm join`, as the node's role asks. Holds the bootstrap token.
//   InvalidArgument  a version that is too old; an argument or label that cannot be passed on
absl::StatusOr<base::Secret> kubeadm_config(const KubeadmCluster& cluster, const KubeadmNode& node);

// Where containerd listens, in the form that this version's kubeadm and kubelet expect.
std::string cri_socket(const Version& version);

}  // namespace mex::kubernetes
