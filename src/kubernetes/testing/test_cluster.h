#pragma once

#include "base/check.h"
#include "kubernetes/kubeadm.h"

// For tests: a cluster with something in every member, without anything random.
namespace mex::kubernetes::testing {

inline KubeadmCluster test_cluster() {
  KubeadmCluster cluster;
  cluster.name = "demo";
  cluster.version = {1, 20, 2};
  cluster.endpoint_host = "api.demo.internal";
  cluster.certificate_names = {"demo.tenant-1.edge.example", "10.101.7.10"};
  cluster.pod_network = "10.244.0.0/16";
  cluster.service_network = "10.96.0.0/12";
  cluster.allocates_pod_networks = false;
  cluster.image_repository = "registry.example/k8s";
  cluster.token = *BootstrapToken::parse(base::Secret("abcdef.0123456789abcdef"));
  cluster.ca_hash = "sha256:" + std::string(64, 'a');
  cluster.api_server_arguments = {{"audit-log-maxage", "7"}, {"v", "2"}};
  cluster.kubelet_arguments = {{"max-pods", "60"}};
  cluster.conntrack_max_per_core = 0;
  return cluster;
}

inline KubeadmNode test_node(NodeRole role) {
  KubeadmNode node;
  node.role = role;
  switch (role) {
    case NodeRole::FirstMaster:
      node.name = "demo-abcd-master-1";
      node.address = "10.101.7.10";
      break;
    case NodeRole::FurtherMaster:
      node.name = "demo-abcd-master-2";
      node.address = "10.101.7.11";
      break;
    case NodeRole::Worker:
      node.name = "demo-abcd-gpu-1";
      node.address = "10.101.7.20";
      node.labels = {{"mexosagent/pool", "gpu"}, {"accelerator", "nvidia"}};
      node.taints = {{Taint{.key = "nvidia.com/gpu", .value = "", .effect = "NoSchedule"}}};
      break;
  }
  return node;
}

}  // namespace mex::kubernetes::testing
