#include "nginx/render/deployment.h"

#include <fmt/format.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/string_view.h"
#include "base/check.h"
#include "nginx/render/port_group.h"
#include "nginx/render/request_headers.h"

namespace mex::nginx {
namespace {

// Enough of SHA-256 to tell contents apart, and short in a file's name.
std::string fingerprint(std::string_view content) {
  constexpr std::size_t kBytes = 12;
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(content.data()), content.size(), digest.data());
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(digest.data()), kBytes));
}

// Adds a file that is named by its content; its name.
std::string add_file(Deployment& deployment, std::string_view what, std::string content,
                     std::string_view ending) {
  std::string name = fmt::format("{}-{}{}", what, fingerprint(content), ending);
  const bool is_there = std::any_of(deployment.files.begin(), deployment.files.end(),
                                    [&](const File& file) { return file.name == name; });
  if (!is_there) deployment.files.push_back({name, base::Secret(std::move(content))});
  return name;
}

std::string users_text(const ResolvedInstance& instance) {
  std::string text;
  for (const User& user : instance.users) {
    text += fmt::format("{}:{}\n", user.name, user.password_hash);
  }
  return text;
}

FileNames add_files(const ResolvedInstance& instance, Deployment& deployment) {
  const Instance& desired = instance.desired;
  FileNames names;
  if (needs_certificate(desired)) {
    MEX_CHECK(instance.certificate.has_value(),
              "an instance with TLS is resolved to a certificate");
    names.certificate =
        add_file(deployment, "certificate", instance.certificate->certificate, ".pem");
    names.key = add_file(deployment, "key", instance.certificate->key.reveal(), ".pem");
  }
  const bool has_http =
      std::any_of(desired.ports.begin(), desired.ports.end(),
                  [](const Port& port) { return port.protocol == Protocol::Http; });
  if (has_http) {
    names.dropped_headers =
        add_file(deployment, "dropped-headers", dropped_headers_text(), ".conf");
  }
  // An empty file lets no one in.
  if (desired.kind == Kind::KubernetesProxy)
    names.users = add_file(deployment, "users", users_text(instance), "");
  if (desired.leads_to_cluster()) {
    names.api_authority = add_file(deployment, "api-authority", instance.api.authority, ".pem");
    names.api_certificate =
        add_file(deployment, "api-certificate", instance.api.certificate, ".pem");
    names.api_key = add_file(deployment, "api-key", instance.api.key.reveal(), ".pem");
  }
  for (const Port& port : desired.ports) {
    names.client_authorities.push_back(
        port.client_authorities.empty()
            ? ""
            : add_file(deployment, "clients", port.client_authorities, ".pem"));
  }
  return names;
}

}  // namespace

RenderedDeployment render_deployment(const ResolvedInstance& instance,
                                     const RenderContext& context) {
  const Instance& desired = instance.desired;
  RenderedDeployment rendered;
  Deployment& deployment = rendered.deployment;
  deployment.name = full_name(desired.kind, desired.name);
  deployment.network = desired.network;
  for (const PortGroup& group : group_ports(instance)) {
    deployment.published.push_back({group.port().external, is_udp(group.port())});
  }
  const FileNames names = add_files(instance, deployment);
  // The names of the other files are in it, and they say what is in those.
  rendered.generation =
      fingerprint(desired.network + '\0' + render_configuration(instance, context, names, ""));
  deployment.files.push_back(
      {std::string(kConfigurationFile),
       base::Secret(render_configuration(instance, context, names, rendered.generation))});
  return rendered;
}

}  // namespace mex::nginx
