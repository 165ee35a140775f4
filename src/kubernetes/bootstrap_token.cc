#include "kubernetes/bootstrap_token.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/random_id.h"

namespace mex::kubernetes {
namespace {

constexpr std::size_t kIdLength = 6;
constexpr std::size_t kSecretLength = 16;

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
}

}  // namespace

BootstrapToken::BootstrapToken(std::string id, base::Secret secret)
    : id_(std::move(id)), secret_(std::move(secret)) {}

BootstrapToken BootstrapToken::generate() {
  return {base::random_id(kIdLength), base::Secret(base::random_id(kSecretLength))};
}

absl::StatusOr<BootstrapToken> BootstrapToken::parse(const base::Secret& text) {
  const std::string_view all = text.reveal();
  if (all.size() != kIdLength + 1 + kSecretLength || all[kIdLength] != '.' ||
      !is_plain(all.substr(0, kIdLength)) || !is_plain(all.substr(kIdLength + 1))) {
    return absl::InvalidArgumentError("a bootstrap token must be like [a-z0-9]{6}.[a-z0-9]{16}");
  }
  return BootstrapToken(std::string(all.substr(0, kIdLength)),
                        base::Secret(std::string(all.substr(kIdLength + 1))));
}

base::Secret BootstrapToken::text() const { return base::Secret(id_ + "." + secret_.reveal()); }

nlohmann::json bootstrap_token_manifest(const BootstrapToken& token, base::WallTime end) {
  return {{"apiVersion", "v1"},
          {"kind", "Secret"},
          {"metadata", {{"name", "bootstrap-token-" + token.id()}, {"namespace", "kube-system"}}},
          {"type", "bootstrap.kubernetes.io/token"},
          {"stringData",
           {{"token-id", token.id()},
            {"token-secret", token.secret().reveal()},
            {"expiration", base::format_rfc3339(end)},
            {"usage-bootstrap-authentication", "true"},
            {"usage-bootstrap-signing", "true"},
            {"auth-extra-groups", "system:bootstrappers:kubeadm:default-node-token"}}}};
}

}  // namespace mex::kubernetes
