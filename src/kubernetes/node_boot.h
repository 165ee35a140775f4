#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "kubernetes/kubeadm.h"
#include "kubernetes/pod_network.h"

namespace mex::kubernetes {

// A name in every node's /etc/hosts. A name with several addresses is tried in their order, which
// is how nodes reach an API server of several masters without a load balancer.
struct HostEntry {
  std::string address;
  std::string name;
};

// Where packages come from when the image does not have Kubernetes in it.
struct AptSource {
  std::string line;  // "deb [signed-by=/etc/apt/keyrings/mexosagent.asc] https://… /"
  // OpenPGP, ASCII armour; lies in the file that the line names. "" = the image has it.
  std::string key;
};

struct RegistryMirror {
  std::string registry;  // "registry.k8s.io"
  std::string endpoint;  // "https://mirror.example:5000"
};

// containerd's settings. If there is nothing in it, the image's own stay as they are.
struct ContainerOptions {
  std::string sandbox_image;  // "registry.k8s.io/pause:3.9"
  std::vector<RegistryMirror> mirrors;
};

struct HttpProxy {
  std::string http;                     // "http://proxy.example:3128"; "" = none
  std::string https;                    // the same
  std::vector<std::string> exceptions;  // besides the cluster's own names and networks
};

// Everything that one machine is given before it boots.
struct NodeBoot {
  KubeadmCluster cluster;
  KubeadmNode node;
  std::vector<HostEntry> hosts;
  // The built-in bridge CNI: this node's pod network, and the ways to those of the others
  // (pod_network.h). "" = a CNI comes from a manifest.
  std::string pod_cidr;
  std::vector<PodRoute> pod_routes;
  int pod_mtu = 0;                          // of the nodes' network; 0 = the kernel's choice
  std::vector<std::string> skipped_phases;  // of kubeadm init; join has others
  // Names of kubeadm's checks, or "all", which kubeadm takes from its command line only.
  std::vector<std::string> ignored_preflight_errors;
  std::chrono::seconds deadline{900};  // until the node gives up and says why
  std::optional<AptSource> packages;   // nothing = all is in the image: no call to the outside
  ContainerOptions containers;
  HttpProxy proxy;
  std::vector<std::string> ntp_servers;
  std::string ca_bundle_pem;  // trusted by the node besides what its image trusts
  std::string operator_user_data;
};

// InvalidArgument, with the field's name, for text that could not be put into the files of a node
// without changing their meaning.
absl::Status check_node_boot(const NodeBoot& boot);

}  // namespace mex::kubernetes
