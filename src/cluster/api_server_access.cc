#include "cluster/api_server_access.h"

#include <chrono>
#include <utility>

#include "base/status.h"
#include "cluster/node_bootstrap.h"
#include "kubernetes/kubeconfig.h"

namespace mex::cluster {
namespace {

constexpr std::chrono::days kClientAge{30};
// An identity that ends sooner is replaced: more than the age of a client, so that none is in use
// when it ends.
constexpr std::chrono::days kLeastValidity{60};
constexpr const char* kAdministrators = "system:masters";

// The identity that was made with the cluster, or a new one of the same name when that is old.
absl::StatusOr<kubernetes::Identity> valid_identity(const kubernetes::Identity& made,
                                                    const ClusterSecrets& secrets,
                                                    const std::string& user, base::WallTime now) {
  MEX_ASSIGN_OR_RETURN(const base::WallTime end, kubernetes::certificate_end(made.certificate_pem));
  if (end - now >= kLeastValidity) return made;
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
  if (client_ != nullptr && addresses_ == master_addresses && now - made_ < kClientAge) {
    return client_;
  }
  kubernetes::ClientOptions options;
  for (const std::string& address : master_addresses) {
    options.servers.push_back(fmt::format("https://{}:{}", address, kApiServerPort));
  }
  options.server_name = kApiServerName;
  options.ca_certificate_pem = secrets_->pki.cluster_ca.certificate_pem;
  MEX_ASSIGN_OR_RETURN(options.identity,
                       valid_identity(secrets_->pki.agent, *secrets_, "mexosagent", now));
  client_ = std::make_shared<kubernetes::Client>(options);
  addresses_ = master_addresses;
  made_ = now;
  return client_;
}

absl::StatusOr<base::Secret> admin_kubeconfig(const ClusterSpec& spec,
                                              const ClusterSecrets& secrets,
                                              std::string_view server, base::WallTime now) {
  kubernetes::KubeconfigContent content;
  content.cluster = spec.name;
  content.user = "kubernetes-admin";
  content.server = fmt::format("https://{}", server);
  content.ca_certificate_pem = secrets.pki.cluster_ca.certificate_pem;
  MEX_ASSIGN_OR_RETURN(content.credentials,
                       valid_identity(secrets.pki.admin, secrets, content.user, now));
  return kubernetes::kubeconfig_text(content);
}

}  // namespace mex::cluster
