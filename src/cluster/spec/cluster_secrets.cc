#include "cluster/spec/cluster_secrets.h"

#include <utility>

#include "base/status.h"
#include "kubernetes/pki_record.h"

namespace mex::cluster {

absl::StatusOr<ClusterSecrets> make_cluster_secrets(std::string_view cluster_name,
                                                    base::WallTime now) {
  MEX_ASSIGN_OR_RETURN(kubernetes::ClusterPki pki, kubernetes::make_cluster_pki(cluster_name, now));
  return ClusterSecrets{std::move(pki), kubernetes::BootstrapToken::generate()};
}

// The token, a line feed, the PKI's own record.
base::Secret to_record(const ClusterSecrets& secrets) {
  std::string record = secrets.token.text().reveal();
  record += '\n';
  record += kubernetes::pki_to_record(secrets.pki).reveal();
  return base::Secret(std::move(record));
}

absl::StatusOr<ClusterSecrets> parse_cluster_secrets(const base::Secret& record) {
  const std::string& text = record.reveal();
  const std::size_t end = text.find('\n');
  if (end == std::string::npos) {
    return base::error(absl::StatusCode::kDataLoss, "the secrets of a cluster have no token");
  }
  const auto token = kubernetes::BootstrapToken::parse(base::Secret(text.substr(0, end)));
  if (!token.ok()) {
    return base::error(absl::StatusCode::kDataLoss, "the secrets of a cluster: {}",
                       base::message_of(token.status()));
  }
  MEX_ASSIGN_OR_RETURN(kubernetes::ClusterPki pki,
                       kubernetes::pki_from_record(base::Secret(text.substr(end + 1))));
  return ClusterSecrets{std::move(pki), *token};
}

}  // namespace mex::cluster
