#include "kubernetes/kubeconfig.h"

#include <nlohmann/json.hpp>

#include "absl/strings/escaping.h"
#include "kubernetes/yaml_text.h"

namespace mex::kubernetes {
namespace {

using nlohmann::ordered_json;

ordered_json user_of(const std::variant<Identity, base::Secret>& credentials) {
  if (const auto* const token = std::get_if<base::Secret>(&credentials)) {
    return {{"token", token->reveal()}};
  }
  const Identity& identity = std::get<Identity>(credentials);
  return {{"client-certificate-data", absl::Base64Escape(identity.certificate_pem)},
          {"client-key-data", absl::Base64Escape(identity.key_pem.reveal())}};
}

}  // namespace

base::Secret kubeconfig_text(const KubeconfigContent& content) {
  ordered_json cluster = {
      {"server", content.server},
      {"certificate-authority-data", absl::Base64Escape(content.ca_certificate_pem)}};
  if (!content.tls_server_name.empty()) cluster["tls-server-name"] = content.tls_server_name;
  const ordered_json config = {
      {"apiVersion", "v1"},
      {"kind", "Config"},
      {"current-context", content.cluster},
      {"clusters", ordered_json::array({{{"name", content.cluster}, {"cluster", cluster}}})},
      {"users",
       ordered_json::array({{{"name", content.user}, {"user", user_of(content.credentials)}}})},
      {"contexts", ordered_json::array(
                       {{{"name", content.cluster},
                         {"context", {{"cluster", content.cluster}, {"user", content.user}}}}})}};
  return base::Secret(yaml_text(config));
}

}  // namespace mex::kubernetes
