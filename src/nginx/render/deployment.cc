#include "nginx/render/deployment.h"

#include <fmt/format.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"
#include "nginx/render/port_group.h"

namespace mex::nginx {
namespace {

// Enough of SHA-256 that two contents never meet, and short in a file's name.
std::string fingerprint(std::string_view content) {
  constexpr std::size_t kBytes = 12;
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(content.data()), content.size(), digest.data());
  std::string text;
  for (std::size_t i = 0; i < kBytes; ++i) text += fmt::format("{:02x}", digest[i]);
  return text;
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

std::string users_text(const Instance& instance) {
  std::string text;
  for (const User& user : instance.users) {
    text += fmt::format("{}:{}\n", user.name, user.password_hash);
  }
  return text;
}

FileNames add_files(const Instance& instance, const std::optional<CertificatePair>& certificate,
                    Deployment& deployment) {
  FileNames names;
  if (needs_certificate(instance)) {
    MEX_CHECK(certificate.has_value(), "an instance with TLS is generated with a certificate");
    names.certificate = add_file(deployment, "certificate", certificate->certificate, ".pem");
    names.key = add_file(deployment, "key", certificate->key.reveal(), ".pem");
  }
  // Without users nobody comes in.
  if (instance.kind == Kind::KubernetesProxy)
    names.users = add_file(deployment, "users", users_text(instance), "");
  if (instance.leads_to_cluster()) {
    names.api_authority = add_file(deployment, "api-authority", instance.api.authority, ".pem");
    names.api_certificate =
        add_file(deployment, "api-certificate", instance.api.certificate, ".pem");
    names.api_key = add_file(deployment, "api-key", instance.api.key.reveal(), ".pem");
  }
  for (const Port& port : instance.ports) {
    names.client_authorities.push_back(
        port.client_authorities.empty()
            ? ""
            : add_file(deployment, "clients", port.client_authorities, ".pem"));
  }
  return names;
}

}  // namespace

bool needs_certificate(const Instance& instance) {
  return std::any_of(instance.ports.begin(), instance.ports.end(),
                     [](const Port& port) { return port.tls; });
}

RenderedDeployment generate(const Instance& instance, const RenderContext& surroundings,
                            const std::optional<CertificatePair>& certificate) {
  RenderedDeployment generated;
  Deployment& deployment = generated.deployment;
  deployment.name = full_name(instance.kind, instance.name);
  deployment.network = instance.network;
  for (const PortGroup& group : group_ports(instance)) {
    deployment.published.push_back({group.port().external, is_udp(group.port())});
  }
  const FileNames names = add_files(instance, certificate, deployment);
  // The names of the other files are in it, and they say what is in those.
  generated.generation =
      fingerprint(instance.network + '\0' + render(instance, surroundings, names, ""));
  deployment.files.push_back(
      {std::string(kConfigurationFile),
       base::Secret(render(instance, surroundings, names, generated.generation))});
  return generated;
}

}  // namespace mex::nginx
