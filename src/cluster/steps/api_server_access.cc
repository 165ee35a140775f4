#include "cluster/steps/api_server_access.h"

#include <chrono>
#include <utility>

#include "base/status.h"
#include "cluster/steps/node_bootstrap.h"
#include "kubernetes/kubeconfig.h"

namespace mex::cluster {
namespace {

constexpr std::chrono::days kClientAge{30};
// An identity that ends sooner is replaced: more than the age of a client, so that none is in use
// when it ends.
constexpr std::chrono::days kLeastValidity{60};
constexpr const char* kAdministrators = "system:masters";

// Made within the last days, and not while the clock was ahead.
bool is_fresh(base::WallTime made, base::WallTime now) {
  return made <= now && now - made < kClientAge;
}

// The identity that was made with the cluster, or a new one of the same name when that is old, or
// was made while the clock was ahead.
absl::StatusOr<kubernetes::Identity> valid_identity(const kubernetes::Identity& made,
                                                    const ClusterSecrets& secrets,
                                                    const std::string& user, base::WallTime now) {
  MEX_ASSIGN_OR_RETURN(const kubernetes::CertificateLife life,
                       kubernetes::certificate_life(user, made.certificate_pem));
  if (life.begin <= now && life.end - now >= kLeastValidity) return made;
  return kubernetes::issue_client(secrets.pki.cluster_ca,
                                  {.user = user, .groups = {kAdministrators}}, now);
}

}  // namespace

std::string api_server_name(const ClusterSpec& spec, std::string_view fqdn) {
  if (fqdn.empty() || !spec.is_managed() || !spec.flavor.access.api_passthrough) return {};
  return fmt::format("{}.{}.{}", spec.name, spec.tenant, fqdn);
}

ApiServerAccess::ApiServerAccess(std::shared_ptr<const ClusterSecrets> secrets)
    : secrets_(std::move(secrets)) {}

absl::StatusOr<std::shared_ptr<kubernetes::Client>> ApiServerAccess::client(
    const std::vector<std::string>& master_addresses, base::WallTime now) {
  if (client_ != nullptr && addresses_ == master_addresses && is_fresh(made_, now)) {
    return client_;
  }
  MEX_RETURN_IF_ERROR(keep_identity_fresh(now));
  kubernetes::ClientOptions options;
  for (const std::string& address : master_addresses) {
    options.servers.push_back(fmt::format("https://{}:{}", address, kubernetes::kApiServerPort));
  }
  options.server_name = kApiServerName;
  options.ca_certificate_pem = secrets_->pki.cluster_ca.certificate_pem;
  options.identity = identity_;
  client_ = std::make_shared<kubernetes::Client>(options);
  addresses_ = master_addresses;
  made_ = now;
  return client_;
}

absl::StatusOr<ApiServerLogin> ApiServerAccess::login(
    const std::vector<std::string>& master_addresses, base::WallTime now) {
  MEX_RETURN_IF_ERROR(keep_identity_fresh(now));
  return ApiServerLogin{.masters = master_addresses,
                        .server_name = std::string(kApiServerName),
                        .ca_certificate_pem = secrets_->pki.cluster_ca.certificate_pem,
                        .identity = identity_};
}

absl::Status ApiServerAccess::keep_identity_fresh(base::WallTime now) {
  if (life_ && is_fresh(identity_made_, now)) return absl::OkStatus();
  MEX_ASSIGN_OR_RETURN(identity_,
                       valid_identity(secrets_->pki.agent, *secrets_, "mexosagent", now));
  MEX_ASSIGN_OR_RETURN(life_,
                       kubernetes::certificate_life("mexosagent", identity_.certificate_pem));
  identity_made_ = now;
  return absl::OkStatus();
}

absl::StatusOr<base::Secret> admin_kubeconfig(const ClusterSecrets& secrets,
                                              std::string_view api_server_name, std::uint16_t port,
                                              base::WallTime now) {
  const std::string administrator = "kubernetes-admin";
  kubernetes::KubeconfigContent content;
  content.cluster = std::string(api_server_name);
  content.user = fmt::format("{}@{}", administrator, api_server_name);
  content.server = fmt::format("https://{}:{}", api_server_name, port);
  content.ca_certificate_pem = secrets.pki.cluster_ca.certificate_pem;
  MEX_ASSIGN_OR_RETURN(content.credentials,
                       valid_identity(secrets.pki.admin, secrets, administrator, now));
  return kubernetes::kubeconfig_text(content);
}

}  // namespace mex::cluster
