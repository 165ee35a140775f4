#include "kubernetes/kubeadm.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "base/json_text.h"
#include "base/status.h"
#include "kubernetes/yaml_text.h"

// The members of these documents: kubernetes.io/docs/reference/config-api/kubeadm-config.v1beta3
// and .v1beta4; v1beta2 in the source of kubeadm 1.20 (app/apis/kubeadm/v1beta2/types.go).
namespace mex::kubernetes {
namespace {

using nlohmann::ordered_json;

constexpr Version kBeta3{1, 22, 0};
constexpr Version kBeta4{1, 31, 0};
constexpr std::string_view kNodeGroup = "system:bootstrappers:kubeadm:default-node-token";

std::string duration_text(std::chrono::seconds duration) {
  return fmt::format("{}s", duration.count());
}

bool is_beta4(const Version& version) { return version >= kBeta4; }

// A map up to v1beta3; since v1beta4 a list, so that an argument can be given more than once.
ordered_json arguments_json(const Arguments& arguments, const Version& version) {
  ordered_json map = ordered_json::object();
  ordered_json list = ordered_json::array();
  for (const auto& [name, value] : arguments) {
    map[name] = value;
    list.push_back({{"name", name}, {"value", value}});
  }
  return is_beta4(version) ? list : map;
}

std::string host_and_port(const std::string& host, std::uint16_t port) {
  return fmt::format("{}:{}", host, port);
}

std::string labels_text(const std::map<std::string, std::string>& labels) {
  std::string text;
  for (const auto& [key, value] : labels) {
    text += fmt::format("{}{}={}", text.empty() ? "" : ",", key, value);
  }
  return text;
}

Arguments kubelet_arguments(const KubeadmCluster& cluster, const KubeadmNode& node) {
  Arguments arguments = node.kubelet_arguments;
  arguments.insert(cluster.kubelet_arguments.begin(), cluster.kubelet_arguments.end());
  // On a machine with several addresses the kubelet would choose by itself.
  arguments.insert({"node-ip", node.address});
  if (!node.labels.empty()) arguments.insert({"node-labels", labels_text(node.labels)});
  return arguments;
}

ordered_json taints_json(const std::vector<Taint>& taints) {
  ordered_json list = ordered_json::array();
  for (const Taint& taint : taints) {
    ordered_json entry = {{"key", taint.key}};
    if (!taint.value.empty()) entry["value"] = taint.value;
    entry["effect"] = taint.effect;
    list.push_back(std::move(entry));
  }
  return list;
}

ordered_json registration_json(const KubeadmCluster& cluster, const KubeadmNode& node) {
  ordered_json registration = {{"name", node.name}, {"criSocket", cri_socket(cluster.version)}};
  if (node.taints) registration["taints"] = taints_json(*node.taints);
  registration["kubeletExtraArgs"] =
      arguments_json(kubelet_arguments(cluster, node), cluster.version);
  return registration;
}

ordered_json document(const KubeadmCluster& cluster, const char* kind) {
  return {{"apiVersion", kubeadm_api_version(cluster.version)}, {"kind", kind}};
}

ordered_json local_endpoint(const KubeadmCluster& cluster, const KubeadmNode& node) {
  return {{"advertiseAddress", node.address}, {"bindPort", cluster.api_port}};
}

ordered_json init_configuration(const KubeadmCluster& cluster, const KubeadmNode& node) {
  ordered_json init = document(cluster, "InitConfiguration");
  init["bootstrapTokens"] = ordered_json::array({{{"token", cluster.token.text().reveal()},
                                                  {"ttl", duration_text(cluster.token_validity)},
                                                  {"usages", {"signing", "authentication"}},
                                                  {"groups", ordered_json::array({kNodeGroup})}}});
  init["localAPIEndpoint"] = local_endpoint(cluster, node);
  init["nodeRegistration"] = registration_json(cluster, node);
  if (is_beta4(cluster.version)) {
    init["timeouts"] = {
        {"controlPlaneComponentHealthCheck", duration_text(cluster.control_plane_timeout)}};
  }
  return init;
}

ordered_json cluster_configuration(const KubeadmCluster& cluster) {
  const Version& version = cluster.version;
  ordered_json text = document(cluster, "ClusterConfiguration");
  text["clusterName"] = cluster.name;
  text["kubernetesVersion"] = "v" + to_string(version);
  text["controlPlaneEndpoint"] = host_and_port(cluster.endpoint_host, cluster.api_port);
  if (!cluster.image_repository.empty()) text["imageRepository"] = cluster.image_repository;
  text["networking"] = {{"podSubnet", cluster.pod_network},
                        {"serviceSubnet", cluster.service_network},
                        {"dnsDomain", cluster.dns_domain}};
  // The leaf keys are made on the node while it boots: a P-256 key takes a fraction of an RSA key.
  if (is_beta4(version)) {
    text["encryptionAlgorithm"] = "ECDSA-P256";
  } else {
    text["featureGates"] = {{"PublicKeysECDSA", true}};
  }
  ordered_json server = {{"certSANs", cluster.certificate_names}};
  if (!cluster.api_server_arguments.empty()) {
    server["extraArgs"] = arguments_json(cluster.api_server_arguments, version);
  }
  if (!is_beta4(version)) {
    server["timeoutForControlPlane"] = duration_text(cluster.control_plane_timeout);
  }
  text["apiServer"] = std::move(server);
  if (!cluster.allocates_pod_networks) {
    text["controllerManager"] = {
        {"extraArgs", arguments_json({{"allocate-node-cidrs", "false"}}, version)}};
  }
  return text;
}

ordered_json kubelet_configuration(const KubeadmCluster& cluster) {
  return {{"apiVersion", "kubelet.config.k8s.io/v1beta1"},
          {"kind", "KubeletConfiguration"},
          {"cgroupDriver", cluster.cgroup_driver == CgroupDriver::Systemd ? "systemd" : "cgroupfs"},
          // kubeadm's own choice, and what kubelets' certificates live by.
          {"rotateCertificates", true}};
}

ordered_json proxy_configuration(const KubeadmCluster& cluster) {
  ordered_json text = {{"apiVersion", "kubeproxy.config.k8s.io/v1alpha1"},
                       {"kind", "KubeProxyConfiguration"},
                       {"mode", "iptables"},
                       {"clusterCIDR", cluster.pod_network}};
  if (cluster.conntrack_max_per_core) {
    text["conntrack"] = {{"maxPerCore", *cluster.conntrack_max_per_core}};
  }
  return text;
}

ordered_json join_configuration(const KubeadmCluster& cluster, const KubeadmNode& node) {
  ordered_json join = document(cluster, "JoinConfiguration");
  ordered_json discovery = {
      {"bootstrapToken",
       {{"apiServerEndpoint", host_and_port(cluster.endpoint_host, cluster.api_port)},
        {"token", cluster.token.text().reveal()},
        {"caCertHashes", ordered_json::array({cluster.ca_hash})}}}};
  // Short: the script on the node asks again itself, and sooner than kubeadm would.
  const std::string timeout = duration_text(std::chrono::seconds(20));
  if (is_beta4(cluster.version)) {
    join["timeouts"] = {{"discovery", timeout}};
  } else {
    discovery["timeout"] = timeout;
  }
  join["discovery"] = std::move(discovery);
  if (node.role == NodeRole::FurtherMaster) {
    // Without a certificateKey kubeadm takes the authorities that lie in its directory.
    join["controlPlane"] = {{"localAPIEndpoint", local_endpoint(cluster, node)}};
  }
  join["nodeRegistration"] = registration_json(cluster, node);
  return join;
}

absl::Status check_arguments(const char* field, const Arguments& arguments) {
  for (const auto& [name, value] : arguments) {
    const bool good =
        !name.empty() && name[0] != '-' && std::all_of(name.begin(), name.end(), [](char c) {
          return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
        });
    if (!good) {
      return base::field_error(
          field, fmt::format("{} must be an argument's name: lower-case letters, digits and "
                             "hyphens, without the leading --",
                             base::quoted(name)));
    }
    // kubeadm writes the kubelet's arguments into a file that a shell reads.
    if (value.find_first_of(std::string_view("\n\r\"'\\$`\0", 8)) != std::string::npos) {
      return base::field_error(
          field,
          fmt::format("the value of {} must not have quotes, backslashes, $ or line breaks", name));
    }
  }
  return absl::OkStatus();
}

absl::Status check_labels(const std::map<std::string, std::string>& labels) {
  for (const auto& [key, value] : labels) {
    const std::string both = key + value;
    const bool good = !key.empty() && std::all_of(both.begin(), both.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '-' || c == '_' || c == '.' || c == '/';
    });
    if (!good) {
      return base::field_error(
          "labels", fmt::format("{}={} is not a label", base::quoted(key), base::quoted(value)));
    }
  }
  return absl::OkStatus();
}

absl::Status check(const KubeadmCluster& cluster, const KubeadmNode& node) {
  if (cluster.version < kOldestVersion) {
    return base::field_error("version",
                             fmt::format("must be {} or later, not {}", to_string(kOldestVersion),
                                         to_string(cluster.version)));
  }
  MEX_RETURN_IF_ERROR(check_arguments("api_server_arguments", cluster.api_server_arguments));
  MEX_RETURN_IF_ERROR(check_arguments("kubelet_arguments", cluster.kubelet_arguments));
  MEX_RETURN_IF_ERROR(check_arguments("kubelet_arguments", node.kubelet_arguments));
  return check_labels(node.labels);
}

}  // namespace

std::string kubeadm_api_version(const Version& version) {
  const char* const name = version >= kBeta4   ? "v1beta4"
                           : version >= kBeta3 ? "v1beta3"
                                               : "v1beta2";
  return fmt::format("kubeadm.k8s.io/{}", name);
}

std::string cri_socket(const Version& version) {
  constexpr Version kWantsScheme{1, 24, 0};
  return fmt::format("{}/run/containerd/containerd.sock", version >= kWantsScheme ? "unix://" : "");
}

absl::StatusOr<base::Secret> kubeadm_config(const KubeadmCluster& cluster,
                                            const KubeadmNode& node) {
  MEX_RETURN_IF_ERROR(check(cluster, node));
  if (node.role != NodeRole::FirstMaster) {
    return base::Secret(yaml_text(join_configuration(cluster, node)));
  }
  return base::Secret(yaml_text(init_configuration(cluster, node)) + "---\n" +
                      yaml_text(cluster_configuration(cluster)) + "---\n" +
                      yaml_text(kubelet_configuration(cluster)) + "---\n" +
                      yaml_text(proxy_configuration(cluster)));
}

}  // namespace mex::kubernetes
