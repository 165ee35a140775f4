#include "kubernetes/node_boot.h"

#include <algorithm>
#include <string_view>

#include "base/json_text.h"
#include "base/status.h"

namespace mex::kubernetes {
namespace {

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// Names, addresses, networks, registries: nothing that a shell, systemd or TOML would treat.
absl::Status check_word(std::string_view field, std::string_view value,
                        std::string_view marks = ".:-_/") {
  const bool good = !value.empty() && std::all_of(value.begin(), value.end(), [&](char c) {
    return is_letter_or_digit(c) || marks.find(c) != std::string_view::npos;
  });
  if (good) return absl::OkStatus();
  return base::field_error(field, fmt::format("{} must be one word of letters, digits and {}",
                                              base::quoted(value), marks));
}

// Also the end of a registry's directory: no slash, and not "..".
absl::Status check_host(std::string_view field, std::string_view value) {
  MEX_RETURN_IF_ERROR(check_word(field, value, ".:-_"));
  if (value[0] == '.') return base::field_error(field, "must not begin with a dot");
  return absl::OkStatus();
}

absl::Status check_url(std::string_view field, std::string_view value) {
  const bool has_scheme = value.starts_with("http://") || value.starts_with("https://");
  const bool good = has_scheme && std::all_of(value.begin(), value.end(), [](char c) {
                      return c > 0x20 && c < 0x7f &&
                             std::string_view("\"'\\`$<>{}|^").find(c) == std::string_view::npos;
                    });
  if (good) return absl::OkStatus();
  return base::field_error(field, fmt::format("{} must be a URL that begins with http:// or "
                                              "https://, without blanks and quotes",
                                              base::quoted(value)));
}

absl::Status check_line(std::string_view field, std::string_view value) {
  const bool good = !value.empty() && std::all_of(value.begin(), value.end(),
                                                  [](char c) { return c >= 0x20 && c < 0x7f; });
  if (good) return absl::OkStatus();
  return base::field_error(field, "must be one line of printable ASCII");
}

absl::Status check_pem(std::string_view field, std::string_view value, std::string_view begin) {
  if (value.starts_with(begin)) return absl::OkStatus();
  return base::field_error(field, fmt::format("must begin with {}", begin));
}

absl::Status check_packages(const AptSource& source) {
  MEX_RETURN_IF_ERROR(check_line("packages.line", source.line));
  if (!source.line.starts_with("deb ")) {
    return base::field_error("packages.line", "must begin with \"deb \"");
  }
  if (source.key.empty()) return absl::OkStatus();
  return check_pem("packages.key", source.key, "-----BEGIN PGP PUBLIC KEY BLOCK-----");
}

absl::Status check_containers(const ContainerOptions& settings) {
  if (!settings.sandbox_image.empty()) {
    MEX_RETURN_IF_ERROR(check_word("containers.sandbox_image", settings.sandbox_image, ".:-_/@"));
  }
  for (const RegistryMirror& mirror : settings.mirrors) {
    MEX_RETURN_IF_ERROR(check_host("containers.mirrors.registry", mirror.registry));
    MEX_RETURN_IF_ERROR(check_url("containers.mirrors.endpoint", mirror.endpoint));
  }
  return absl::OkStatus();
}

absl::Status check_proxy(const HttpProxy& proxy) {
  if (!proxy.http.empty()) MEX_RETURN_IF_ERROR(check_url("proxy.http", proxy.http));
  if (!proxy.https.empty()) MEX_RETURN_IF_ERROR(check_url("proxy.https", proxy.https));
  for (const std::string& exception : proxy.exceptions) {
    MEX_RETURN_IF_ERROR(check_word("proxy.exceptions", exception, ".:-_/*"));
  }
  return absl::OkStatus();
}

absl::Status check_network(const NodeBoot& boot) {
  for (const HostEntry& host : boot.hosts) {
    MEX_RETURN_IF_ERROR(check_host("hosts.address", host.address));
    MEX_RETURN_IF_ERROR(check_host("hosts.name", host.name));
  }
  MEX_RETURN_IF_ERROR(check_word("cluster.pod_network", boot.cluster.pod_network));
  MEX_RETURN_IF_ERROR(check_word("cluster.service_network", boot.cluster.service_network));
  if (!boot.pod_cidr.empty()) MEX_RETURN_IF_ERROR(check_word("pod_cidr", boot.pod_cidr));
  for (const PodRoute& route : boot.pod_routes) {
    MEX_RETURN_IF_ERROR(check_word("pod_routes.pod_network", route.pod_network));
    MEX_RETURN_IF_ERROR(check_host("pod_routes.node_address", route.node_address));
  }
  for (const std::string& server : boot.ntp_servers) {
    MEX_RETURN_IF_ERROR(check_host("ntp_servers", server));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status check_node_boot(const NodeBoot& boot) {
  MEX_RETURN_IF_ERROR(check_host("node.name", boot.node.name));
  MEX_RETURN_IF_ERROR(check_host("node.address", boot.node.address));
  MEX_RETURN_IF_ERROR(check_host("cluster.endpoint_host", boot.cluster.endpoint_host));
  MEX_RETURN_IF_ERROR(check_host("cluster.dns_domain", boot.cluster.dns_domain));
  MEX_RETURN_IF_ERROR(check_network(boot));
  for (const std::string& phase : boot.skipped_phases) {
    MEX_RETURN_IF_ERROR(check_word("skipped_phases", phase, "-/"));
  }
  for (const std::string& check : boot.ignored_preflight_errors) {
    MEX_RETURN_IF_ERROR(check_word("ignored_preflight_errors", check, "-_."));
  }
  if (boot.deadline < std::chrono::seconds(1)) {
    return base::field_error("deadline", "must be at least 1 s");
  }
  if (boot.packages) MEX_RETURN_IF_ERROR(check_packages(*boot.packages));
  MEX_RETURN_IF_ERROR(check_containers(boot.containers));
  MEX_RETURN_IF_ERROR(check_proxy(boot.proxy));
  if (boot.ca_bundle_pem.empty()) return absl::OkStatus();
  return check_pem("ca_bundle_pem", boot.ca_bundle_pem, "-----BEGIN CERTIFICATE-----");
}

}  // namespace mex::kubernetes
