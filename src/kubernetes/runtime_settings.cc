#include "kubernetes/runtime_settings.h"

#include <vector>

#include "base/status.h"

namespace mex::kubernetes {
namespace {

// systemd takes % for the beginning of a specifier (systemd.unit(5)).
std::string systemd_escaped(const std::string& text) {
  std::string escaped;
  for (const char c : text) escaped += c == '%' ? std::string("%%") : std::string(1, c);
  return escaped;
}

std::string exceptions_text(const NodeBoot& boot) {
  std::vector<std::string> names = {"localhost",
                                    "127.0.0.1",
                                    boot.node.address,
                                    boot.cluster.endpoint_host,
                                    boot.cluster.pod_network,
                                    boot.cluster.service_network,
                                    ".svc",
                                    "." + boot.cluster.dns_domain};
  names.insert(names.end(), boot.proxy.exceptions.begin(), boot.proxy.exceptions.end());
  return fmt::format("{}", fmt::join(names, ","));
}

}  // namespace

bool manages_containerd(const NodeBoot& boot) {
  return boot.packages.has_value() || !boot.containers.sandbox_image.empty() ||
         !boot.containers.mirrors.empty();
}

std::string containerd_toml(const NodeBoot& boot) {
  std::string text = "version = 2\n[plugins.\"io.containerd.grpc.v1.cri\"]\n";
  if (!boot.containers.sandbox_image.empty()) {
    text += fmt::format("  sandbox_image = \"{}\"\n", boot.containers.sandbox_image);
  }
  text +=
      "[plugins.\"io.containerd.grpc.v1.cri\".cni]\n"
      "  bin_dir = \"/opt/cni/bin\"\n"
      "  conf_dir = \"/etc/cni/net.d\"\n"
      "[plugins.\"io.containerd.grpc.v1.cri\".registry]\n"
      "  config_path = \"/etc/containerd/certs.d\"\n"
      "[plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes.runc]\n"
      "  runtime_type = \"io.containerd.runc.v2\"\n"
      "[plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes.runc.options]\n";
  text += fmt::format("  SystemdCgroup = {}\n",
                      boot.cluster.cgroup_driver == CgroupDriver::Systemd ? "true" : "false");
  return text;
}

std::string registry_hosts_toml(const RegistryMirror& mirror) {
  // Docker's own registry answers under another name than its images have.
  const std::string origin =
      mirror.registry == "docker.io" ? "registry-1.docker.io" : mirror.registry;
  return fmt::format(
      "server = \"https://{}\"\n"
      "[host.\"{}\"]\n"
      "  capabilities = [\"pull\", \"resolve\"]\n",
      origin, mirror.endpoint);
}

std::string systemd_proxy_text(const NodeBoot& boot) {
  std::string text = "[Service]\n";
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) {
      text += fmt::format("Environment=\"{}={}\"\n", name, systemd_escaped(value));
    }
  };
  add("HTTP_PROXY", boot.proxy.http);
  add("HTTPS_PROXY", boot.proxy.https);
  add("NO_PROXY", exceptions_text(boot));
  return text;
}

std::string apt_proxy_text(const HttpProxy& proxy) {
  std::string text;
  if (!proxy.http.empty()) text += fmt::format("Acquire::http::Proxy \"{}\";\n", proxy.http);
  if (!proxy.https.empty()) text += fmt::format("Acquire::https::Proxy \"{}\";\n", proxy.https);
  return text;
}

}  // namespace mex::kubernetes
