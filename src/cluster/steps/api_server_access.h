#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/secret.h"
#include "cluster/spec/cluster_secrets.h"
#include "cluster/spec/spec.h"
#include "kubernetes/api_server_port.h"
#include "kubernetes/client.h"

// The ways to a cluster's API server: the agent's own, and that of people outside.
namespace mex::cluster {

// "<cluster>.<tenant>.<fqdn>", the name by which the proxy's port leads to the masters; empty
// without `fqdn`, and where the flavor does not want it.
std::string api_server_name(const ClusterSpec& spec, std::string_view fqdn);

// What it takes to call an API server as the agent does. Not to be logged or kept.
struct ApiServerLogin {
  std::vector<std::string> masters;       // addresses, in order
  int port = kubernetes::kApiServerPort;  // of all of them
  std::string server_name;                // that their certificates are for
  std::string ca_certificate_pem;
  kubernetes::Identity identity;
  // What the agent knows of the cluster's networks.
  std::string cluster_id{};
  std::string pod_network{};  // "10.244.0.0/16"
  std::string node_subnet{};  // "10.101.7.0/24"; empty: not known
  std::vector<std::string> node_addresses{};
  std::string gateway{};  // to the subnet; empty: none is needed, or known
};

// The agent's own identity and client. They are kept for the calls that follow, and made anew when
// they grow old; the client, too, when the masters have other addresses. Not thread-safe; clients
// are.
class ApiServerAccess {
 public:
  explicit ApiServerAccess(std::shared_ptr<const ClusterSecrets> secrets);

  // From when until when the agent's own client certificate is good, where one was needed.
  const std::optional<kubernetes::CertificateLife>& identity_life() const { return life_; }

  // Errors are those of making its certificate.
  absl::StatusOr<std::shared_ptr<kubernetes::Client>> client(
      const std::vector<std::string>& master_addresses, base::WallTime now);
  absl::StatusOr<ApiServerLogin> login(const std::vector<std::string>& master_addresses,
                                       base::WallTime now);

 private:
  absl::Status keep_identity_fresh(base::WallTime now);

  const std::shared_ptr<const ClusterSecrets> secrets_;
  kubernetes::Identity identity_;
  std::optional<kubernetes::CertificateLife> life_;  // of the identity
  base::WallTime identity_made_{};
  std::vector<std::string> addresses_;
  base::WallTime made_{};
  std::shared_ptr<kubernetes::Client> client_;
};

// A kubeconfig for the tenant's administrator, by the name that leads to the API server. Cluster,
// user and context are named after it: it holds cluster, tenant and agent, so that files of several
// clusters merge.
absl::StatusOr<base::Secret> admin_kubeconfig(const ClusterSecrets& secrets,
                                              std::string_view api_server_name, std::uint16_t port,
                                              base::WallTime now);

}  // namespace mex::cluster
