#include "cluster/steps/node_bootstrap.h"

#include <array>

#include "base/status.h"
#include "cluster/spec/resource.h"
#include "kubernetes/pod_network.h"
#include "kubernetes/version.h"

namespace mex::cluster {
namespace {

// Where the images of Kubernetes and of most add-ons come from, before and since 1.25.
constexpr std::array<std::string_view, 3> kMirroredRegistries{"registry.k8s.io", "k8s.gcr.io",
                                                              "docker.io"};

bool is_first_master(const ClusterSpec& spec, const NodeSpec& node) {
  for (const NodeSpec& other : spec.nodes) {
    if (other.role == NodeRole::Master) return other.slot == node.slot;
  }
  return false;
}

std::vector<std::string> master_addresses(const BootstrapInput& input) {
  std::vector<std::string> addresses;
  for (const NodeSpec& node : input.spec.nodes) {
    if (node.role == NodeRole::Master) addresses.push_back(input.addresses.at(node.slot));
  }
  return addresses;
}

absl::StatusOr<kubernetes::KubeadmCluster> kubeadm_cluster(const BootstrapInput& input) {
  const KubernetesSettings& settings = input.spec.flavor.kubernetes;
  kubernetes::KubeadmCluster cluster;
  cluster.name = input.spec.name;
  MEX_ASSIGN_OR_RETURN(cluster.version, kubernetes::parse_version(settings.version));
  cluster.endpoint_host = kApiServerName;
  cluster.certificate_names = master_addresses(input);
  cluster.certificate_names.insert(cluster.certificate_names.end(), input.api_server_names.begin(),
                                   input.api_server_names.end());
  cluster.pod_network = settings.pod_network;
  cluster.service_network = settings.service_network;
  cluster.allocates_pod_networks = settings.cni != kBridgeCni;
  cluster.token = input.secrets.token;
  MEX_ASSIGN_OR_RETURN(cluster.ca_hash, kubernetes::ca_certificate_hash(
                                            input.secrets.pki.cluster_ca.certificate_pem));
  cluster.api_server_arguments = settings.api_server_arguments;
  cluster.kubelet_arguments = settings.kubelet_arguments;
  const ImageQuirks& quirks = settings.image_quirks;
  cluster.cgroup_driver = quirks.cgroup_driver == CgroupDriver::Cgroupfs
                              ? kubernetes::CgroupDriver::Cgroupfs
                              : kubernetes::CgroupDriver::Systemd;
  cluster.conntrack_max_per_core = quirks.conntrack_max_per_core;
  return cluster;
}

std::vector<kubernetes::Taint> taints_of(const NodeShape& shape) {
  std::vector<kubernetes::Taint> taints;
  for (const Taint& taint : shape.taints) {
    taints.push_back({.key = taint.key, .value = taint.value, .effect = taint.effect});
  }
  return taints;
}

kubernetes::KubeadmNode kubeadm_node(const BootstrapInput& input, const NodeSpec& node) {
  const ClusterFlavor& flavor = input.spec.flavor;
  const NodeShape& shape = shape_of(flavor, node.group);
  kubernetes::KubeadmNode result;
  if (node.role == NodeRole::Worker) {
    result.role = kubernetes::NodeRole::Worker;
  } else {
    result.role = is_first_master(input.spec, node) ? kubernetes::NodeRole::FirstMaster
                                                    : kubernetes::NodeRole::FurtherMaster;
  }
  result.name = node_name(input.spec, input.cluster_id, node);
  result.address = input.addresses.at(node.slot);
  result.labels = shape.labels;
  // kubeadm's own choice is the taint that keeps work off masters; anything said replaces it.
  const bool takes_kubeadms_choice =
      node.role == NodeRole::Master && !flavor.masters.takes_work && shape.taints.empty();
  if (!takes_kubeadms_choice) result.taints = taints_of(shape);
  return result;
}

void add_settings(const KubernetesSettings& settings, kubernetes::NodeBoot& boot) {
  if (settings.image_style == ImageStyle::Packages) {
    boot.packages = kubernetes::AptSource{.line = settings.apt_source, .key = {}};
  }
  if (!settings.registry_mirror.empty()) {
    for (const std::string_view registry : kMirroredRegistries) {
      boot.containers.mirrors.push_back(
          {.registry = std::string(registry), .endpoint = settings.registry_mirror});
    }
  }
  boot.skipped_phases = settings.image_quirks.skipped_phases;
  boot.ignored_preflight_errors = settings.image_quirks.ignored_preflight_errors;
  boot.proxy = {
      .http = settings.http_proxy, .https = settings.http_proxy, .exceptions = settings.no_proxy};
  boot.ntp_servers = settings.ntp_servers;
  boot.ca_bundle_pem = settings.ca_bundle;
}

}  // namespace

std::string node_name(const ClusterSpec& spec, std::string_view cluster_id, const NodeSpec& node) {
  return resource_name(spec.name, cluster_id, {ResourceKind::Server, node.slot});
}

absl::StatusOr<kubernetes::NodeBoot> node_boot(const BootstrapInput& input, const NodeSpec& node) {
  const ClusterFlavor& flavor = input.spec.flavor;
  kubernetes::NodeBoot boot;
  MEX_ASSIGN_OR_RETURN(boot.cluster, kubeadm_cluster(input));
  boot.node = kubeadm_node(input, node);
  for (const std::string& address : master_addresses(input)) {
    boot.hosts.push_back({.address = address, .name = std::string(kApiServerName)});
  }
  if (flavor.kubernetes.cni == kBridgeCni) {
    MEX_ASSIGN_OR_RETURN(
        boot.pod_cidr,
        kubernetes::pod_network_of(flavor.kubernetes.pod_network, input.subnet, boot.node.address));
    MEX_ASSIGN_OR_RETURN(boot.pod_routes, kubernetes::pod_routes(flavor.kubernetes.pod_network,
                                                                 input.subnet, boot.node.address));
    boot.pod_mtu = input.mtu;
  }
  // The agent gives up after these; a node that goes on beyond would only be in the way.
  boot.deadline = std::chrono::duration_cast<std::chrono::seconds>(
      flavor.health_policy.api_server_deadline + flavor.health_policy.nodes_ready_deadline);
  add_settings(flavor.kubernetes, boot);
  boot.operator_user_data = input.operator_user_data;
  return boot;
}

absl::StatusOr<kubernetes::UserData> node_user_data(const BootstrapInput& input,
                                                    const NodeSpec& node) {
  MEX_ASSIGN_OR_RETURN(const kubernetes::NodeBoot boot, node_boot(input, node));
  auto user_data = kubernetes::render_user_data(boot, input.secrets.pki);
  if (user_data.ok()) return user_data;
  return base::annotate(user_data.status(), fmt::format("user-data of {}", node.slot));
}

}  // namespace mex::cluster
