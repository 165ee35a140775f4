#include "kubernetes/node_files.h"

#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "base/status.h"
#include "kubernetes/node_scripts.h"
#include "kubernetes/runtime_settings.h"

namespace mex::kubernetes {
namespace {

constexpr const char* kOpen = "0644";
constexpr const char* kProgram = "0755";
constexpr const char* kClosed = "0600";

// The script's directory of keys; it copies them to where kubeadm looks.
constexpr std::string_view kKeys = "/var/lib/mexosagent/pki/";

class Files {
 public:
  void add(std::string path, const char* mode, std::string content) {
    add_secret(std::move(path), mode, base::Secret(std::move(content)));
  }
  void add_secret(std::string path, const char* mode, base::Secret content) {
    files_.push_back({.path = std::move(path), .mode = mode, .content = std::move(content)});
  }
  std::vector<NodeFile> take() { return std::move(files_); }

 private:
  std::vector<NodeFile> files_;
};

const char* role_text(NodeRole role) {
  switch (role) {
    case NodeRole::FirstMaster:
      return "first-master";
    case NodeRole::FurtherMaster:
      return "master";
    case NodeRole::Worker:
      break;
  }
  return "worker";
}

std::string joined(const std::vector<std::string>& words, const char* separator) {
  return fmt::format("{}", fmt::join(words, separator));
}

// All values have been checked to be harmless; the quotes are for the empty ones and the blanks.
std::string environment_text(const NodeBoot& boot) {
  const bool initialises = boot.node.role == NodeRole::FirstMaster;
  const std::pair<const char*, std::string> variables[] = {
      {"NODE_NAME", boot.node.name},
      {"ROLE", role_text(boot.node.role)},
      {"VERSION", to_string(boot.cluster.version)},
      {"API_ENDPOINT", fmt::format("{}:{}", boot.cluster.endpoint_host, boot.cluster.api_port)},
      {"TOKEN_ID", boot.cluster.token.id()},
      {"DEADLINE", std::to_string(boot.deadline.count())},
      {"SKIPPED_PHASES", initialises ? joined(boot.skipped_phases, ",") : ""},
      {"IGNORED_PREFLIGHT_ERRORS", joined(boot.ignored_preflight_errors, ",")},
      {"PACKAGES", boot.packages ? "apt" : ""},
      {"POD_CIDR", boot.pod_cidr},
      {"POD_NETWORK", boot.cluster.pod_network},
  };
  std::string text;
  for (const auto& [name, value] : variables) text += fmt::format("{}='{}'\n", name, value);
  return text;
}

void add_keys(Files& files, const ClusterPki& pki) {
  const auto add_identity = [&](std::string_view name, const Identity& identity) {
    files.add(fmt::format("{}{}.crt", kKeys, name), kOpen, identity.certificate_pem);
    files.add_secret(fmt::format("{}{}.key", kKeys, name), kClosed, identity.key_pem);
  };
  add_identity("ca", pki.cluster_ca);
  add_identity("front-proxy-ca", pki.front_proxy_ca);
  add_identity("etcd/ca", pki.etcd_ca);
  files.add(fmt::format("{}sa.pub", kKeys), kClosed, pki.service_account.public_key_pem);
  files.add_secret(fmt::format("{}sa.key", kKeys), kClosed, pki.service_account.key_pem);
}

std::string routes_text(const std::vector<PodRoute>& routes) {
  std::string text;
  for (const PodRoute& route : routes) {
    text += fmt::format("route replace {} via {}\n", route.pod_network, route.node_address);
  }
  return text;
}

std::string bridge_text(const NodeBoot& boot) {
  using nlohmann::ordered_json;
  ordered_json bridge = {
      {"type", "bridge"},
      {"bridge", "cni0"},
      {"isGateway", true},
      {"ipMasq", false},  // only what leaves the pod network: see node/network.sh
      {"hairpinMode", true},
      {"ipam",
       {{"type", "host-local"},
        {"ranges", ordered_json::array({ordered_json::array({{{"subnet", boot.pod_cidr}}})})},
        {"routes", ordered_json::array({{{"dst", "0.0.0.0/0"}}})}}}};
  if (boot.pod_mtu > 0) bridge["mtu"] = boot.pod_mtu;
  const ordered_json list = {
      {"cniVersion", "0.4.0"},
      {"name", "mexosagent"},
      {"plugins",
       ordered_json::array(
           {bridge, {{"type", "portmap"}, {"capabilities", {{"portMappings", true}}}}})}};
  return list.dump(2) + "\n";
}

void add_network(Files& files, const NodeBoot& boot) {
  files.add("/etc/sysctl.d/90-mexosagent.conf", kOpen,
            "net.ipv4.ip_forward = 1\nnet.bridge.bridge-nf-call-iptables = 1\n"
            "net.bridge.bridge-nf-call-ip6tables = 1\n");
  std::string hosts;
  for (const HostEntry& host : boot.hosts) {
    hosts += fmt::format("{} {}\n", host.address, host.name);
  }
  files.add("/etc/mexosagent/hosts", kOpen, std::move(hosts));
  files.add("/usr/local/lib/mexosagent/network", kProgram, std::string(network_script()));
  // cloud-init's place for what runs at the end of every boot.
  files.add("/var/lib/cloud/scripts/per-boot/mexosagent-network", kProgram,
            "#!/bin/sh\n[ ! -e /var/lib/mexosagent/ready ] || exec "
            "/usr/local/lib/mexosagent/network\n");
  if (boot.pod_cidr.empty()) return;
  files.add("/etc/mexosagent/pod-routes", kOpen, routes_text(boot.pod_routes));
  files.add("/etc/cni/net.d/10-mexosagent.conflist", kOpen, bridge_text(boot));
}

// Of systemd; see node/README.md.
void add_renewal(Files& files) {
  files.add("/usr/local/lib/mexosagent/certificates", kProgram, std::string(certificates_script()));
  files.add("/etc/systemd/system/mexosagent-certificates.service", kOpen,
            std::string(certificates_service()));
  files.add("/etc/systemd/system/mexosagent-certificates.timer", kOpen,
            std::string(certificates_timer()));
}

void add_runtime(Files& files, const NodeBoot& boot) {
  if (manages_containerd(boot)) {
    files.add("/etc/mexosagent/containerd.toml", kOpen, containerd_toml(boot));
  }
  for (const RegistryMirror& mirror : boot.containers.mirrors) {
    files.add(fmt::format("/etc/containerd/certs.d/{}/hosts.toml", mirror.registry), kOpen,
              registry_hosts_toml(mirror));
  }
  if (!boot.proxy.http.empty() || !boot.proxy.https.empty()) {
    files.add("/etc/systemd/system/containerd.service.d/mexosagent-proxy.conf", kOpen,
              systemd_proxy_text(boot));
    if (boot.packages) {
      files.add("/etc/apt/apt.conf.d/90mexosagent", kOpen, apt_proxy_text(boot.proxy));
    }
  }
  if (boot.packages) {
    if (!boot.packages->key.empty()) {
      files.add("/etc/apt/keyrings/mexosagent.asc", kOpen, boot.packages->key);
    }
    files.add("/etc/apt/sources.list.d/mexosagent.list", kOpen, boot.packages->line + "\n");
  }
  if (!boot.ca_bundle_pem.empty()) {
    files.add("/etc/mexosagent/ca-bundle.crt", kOpen, boot.ca_bundle_pem);
  }
  if (!boot.ntp_servers.empty()) {
    files.add("/etc/systemd/timesyncd.conf.d/mexosagent.conf", kOpen,
              fmt::format("[Time]\nNTP={}\n", joined(boot.ntp_servers, " ")));
    std::string chrony;
    for (const std::string& server : boot.ntp_servers) {
      chrony += fmt::format("server {} iburst\n", server);
    }
    files.add("/etc/chrony/sources.d/mexosagent.sources", kOpen, std::move(chrony));
  }
}

}  // namespace

absl::StatusOr<std::vector<NodeFile>> node_files(const NodeBoot& boot, const ClusterPki& pki) {
  MEX_RETURN_IF_ERROR(check_node_boot(boot));
  MEX_ASSIGN_OR_RETURN(base::Secret kubeadm, kubeadm_config(boot.cluster, boot.node));
  Files files;
  files.add("/etc/mexosagent/node.env", kClosed, environment_text(boot));
  files.add_secret("/etc/mexosagent/kubeadm.yaml", kClosed, std::move(kubeadm));
  files.add("/etc/mexosagent/ca.crt", kOpen, pki.cluster_ca.certificate_pem);
  if (boot.node.role != NodeRole::Worker) add_keys(files, pki);
  add_network(files, boot);
  add_renewal(files);
  add_runtime(files, boot);
  return files.take();
}

}  // namespace mex::kubernetes
