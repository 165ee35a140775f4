#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <vector>

#include "base/dns_name.h"
#include "base/ipv4.h"
#include "base/status.h"
#include "cluster/flavor/check.h"
#include "cluster/flavor/image_settings.h"
#include "cluster/flavor/syntax.h"
#include "kubernetes/version.h"

namespace mex::cluster {
namespace {

constexpr std::size_t kMaxListEntries = 20;
constexpr std::size_t kMaxArguments = 50;
constexpr std::size_t kMaxArgument = 1024;
// All user data of a server has 64 KiB.
constexpr std::size_t kMaxBundle = 16 * 1024;

constexpr std::array<std::string_view, 9> kKubeletsOwn{"bootstrap-kubeconfig",
                                                       "config",
                                                       "container-runtime-endpoint",
                                                       "hostname-override",
                                                       "kubeconfig",
                                                       "node-ip",
                                                       "node-labels",
                                                       "register-with-taints",
                                                       "pod-infra-container-image"};
constexpr std::array<std::string_view, 8> kApiServersOwn{"advertise-address",
                                                         "client-ca-file",
                                                         "enable-bootstrap-token-auth",
                                                         "etcd-servers",
                                                         "secure-port",
                                                         "service-account-key-file",
                                                         "tls-cert-file",
                                                         "service-cluster-ip-range"};

absl::Status refuse(std::string_view field, std::string_view what) {
  return base::field_error(fmt::format("flavor.kubernetes.{}", field), what);
}

absl::Status check_version(std::string_view text) {
  const auto version = kubernetes::parse_version(text);
  if (version.ok() && *version >= kubernetes::kOldestVersion && version->major == 1) {
    return absl::OkStatus();
  }
  return refuse("version", "must be MAJOR.MINOR.PATCH, 1.20.0 or newer, such as 1.30.2 or v1.30.2");
}

bool is_manifest(std::string_view text) { return is_http_url(text) || is_absolute_path(text); }

absl::Status check_manifests(const KubernetesSettings& kubernetes) {
  if (kubernetes.cni != kBridgeCni && !is_manifest(kubernetes.cni)) {
    return refuse("cni", "must be bridge, or the absolute path or http(s) URL of a manifest");
  }
  if (kubernetes.manifests.size() > kMaxListEntries) {
    return refuse("manifests", fmt::format("must have at most {} entries", kMaxListEntries));
  }
  for (std::size_t i = 0; i < kubernetes.manifests.size(); ++i) {
    if (is_manifest(kubernetes.manifests[i])) continue;
    return refuse(fmt::format("manifests[{}]", i),
                  "must be the absolute path or http(s) URL of a manifest");
  }
  return absl::OkStatus();
}

// The nodes of an unmanaged image set themselves up: what a flavor says of that would be lost.
absl::Status refuse_for_unmanaged(const KubernetesSettings& kubernetes) {
  constexpr std::array<std::string_view, 5> kAllowed{"version", "pod_network", "service_network",
                                                     "image_style", "apt_source"};
  std::string_view refused;
  base::for_each_given(kubernetes, [&](std::string_view name) {
    const bool is_allowed = std::find(kAllowed.begin(), kAllowed.end(), name) != kAllowed.end();
    if (refused.empty() && !is_allowed) refused = name;
  });
  if (refused.empty()) return absl::OkStatus();
  return refuse(
      refused, "is not for the image style UNMANAGED, whose nodes set themselves up; leave it out");
}

absl::Status check_images(const KubernetesSettings& kubernetes) {
  if (kubernetes.image_style == ImageStyle::Packages) {
    if (!is_apt_source(kubernetes.apt_source)) {
      return refuse("apt_source",
                    "must be a line of sources.list that begins with \"deb \", for the image style "
                    "PACKAGES");
    }
  } else if (!kubernetes.apt_source.empty()) {
    return refuse("apt_source", "is only for the image style PACKAGES; leave it empty");
  }
  if (kubernetes.image_style == ImageStyle::Unmanaged) {
    MEX_RETURN_IF_ERROR(refuse_for_unmanaged(kubernetes));
  }
  const auto fault = fault_of(kubernetes.image_quirks);
  return fault ? refuse(fault->where, fault->what) : absl::OkStatus();
}

absl::Status check_url(std::string_view value, std::string_view field) {
  if (value.empty() || is_http_url(value)) return absl::OkStatus();
  return refuse(field,
                "must be empty or an http(s) URL with a host, without user, query and "
                "fragment");
}

bool is_host(std::string_view text) {
  return base::is_dns_name(text) || base::parse_ipv4(text).has_value();
}

// What HTTP clients take in NO_PROXY: hosts, domains with or without a leading dot, blocks.
bool is_exclusion(std::string_view text) {
  if (base::parse_ipv4_block(text)) return true;
  if (!text.empty() && text.front() == '.') text.remove_prefix(1);
  return is_host(text);
}

template <typename IsGood>
absl::Status check_list(const std::vector<std::string>& values, std::string_view field,
                        IsGood is_good, std::string_view what) {
  if (values.size() > kMaxListEntries) {
    return refuse(field, fmt::format("must have at most {} entries", kMaxListEntries));
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!is_good(values[i])) return refuse(fmt::format("{}[{}]", field, i), what);
  }
  return absl::OkStatus();
}

template <std::size_t kCount>
absl::Status check_arguments(const std::map<std::string, std::string>& arguments,
                             std::string_view field,
                             const std::array<std::string_view, kCount>& own) {
  if (arguments.size() > kMaxArguments) {
    return refuse(field, fmt::format("must have at most {} entries", kMaxArguments));
  }
  for (const auto& [name, value] : arguments) {
    const std::string one = fmt::format("{}[{}]", field, name);
    if (!is_argument_name(name)) {
      return refuse(one, "must be the name of an argument without its dashes, such as max-pods");
    }
    if (std::find(own.begin(), own.end(), name) != own.end()) {
      return refuse(one, "is set by the agent itself");
    }
    if (!is_plain_text(value, kMaxArgument) ||
        value.find_first_of("\"'\\$`") != std::string::npos) {
      return refuse(one, fmt::format("must have a value of at most {} bytes without control "
                                     "characters, quotes, backslashes and $",
                                     kMaxArgument));
    }
  }
  return absl::OkStatus();
}

absl::Status check_ca_bundle(std::string_view text) {
  if (text.empty()) return absl::OkStatus();
  if (text.size() > kMaxBundle) {
    return refuse("ca_bundle", fmt::format("must have at most {} bytes", kMaxBundle));
  }
  if (is_certificate_bundle(text)) return absl::OkStatus();
  return refuse("ca_bundle",
                "must be certificates in PEM form (-----BEGIN CERTIFICATE-----) and nothing else");
}

}  // namespace

absl::Status check_kubernetes(const KubernetesSettings& kubernetes) {
  MEX_RETURN_IF_ERROR(check_version(kubernetes.version));
  MEX_RETURN_IF_ERROR(check_manifests(kubernetes));
  MEX_RETURN_IF_ERROR(check_images(kubernetes));
  MEX_RETURN_IF_ERROR(check_url(kubernetes.registry_mirror, "registry_mirror"));
  MEX_RETURN_IF_ERROR(check_url(kubernetes.http_proxy, "http_proxy"));
  MEX_RETURN_IF_ERROR(check_list(kubernetes.no_proxy, "no_proxy", is_exclusion,
                                 "must be a host, a domain or an IPv4 block"));
  MEX_RETURN_IF_ERROR(check_list(kubernetes.ntp_servers, "ntp_servers", is_host,
                                 "must be a DNS name or an IPv4 address"));
  MEX_RETURN_IF_ERROR(check_ca_bundle(kubernetes.ca_bundle));
  MEX_RETURN_IF_ERROR(
      check_arguments(kubernetes.kubelet_arguments, "kubelet_arguments", kKubeletsOwn));
  return check_arguments(kubernetes.api_server_arguments, "api_server_arguments", kApiServersOwn);
}

}  // namespace mex::cluster
