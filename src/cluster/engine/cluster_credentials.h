#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/secret.h"
#include "cluster/health/observation.h"
#include "cluster/plan/discovered.h"
#include "cluster/plan/plan.h"
#include "cluster/records/records.h"
#include "cluster/spec/cluster_secrets.h"
#include "cluster/steps/api_server_access.h"
#include "cluster/steps/attempt.h"

namespace mex::cluster {

// What is made with the keys of one cluster: the user-data that makes nodes of its machines, and
// the ways to its API server. Not thread-safe.
class ClusterCredentials {
 public:
  // Of a managed cluster, or why they cannot be had: then it can only be destroyed. Null for an
  // unmanaged one.
  using Secrets = absl::StatusOr<std::shared_ptr<const ClusterSecrets>>;

  ClusterCredentials(Secrets secrets, std::string operator_user_data);

  // Why there are none, for a managed cluster.
  absl::Status status() const { return secrets_.status(); }
  // The API server can be called.
  bool can_call_api_server() const { return access_.has_value(); }

  // The cluster's authorities, and the agent's own as soon as it called the API server.
  std::vector<KnownCertificate> certificates() const;
  // With which the API server's certificate is signed; empty without keys.
  std::string authority_pem() const;

  // Whether Nova will take the user-data of all servers that the plan makes, before anything is
  // made. An address that Neutron will choose is held against one that is as long as any.
  absl::Status check_user_data(const ClusterRecord& cluster, const Plan& plan) const;

  // Adds to an attempt what is known only when its call goes out.
  absl::Status complete(Attempt& attempt, const ClusterRecord& cluster,
                        const Discovered& discovered, base::WallTime now);

  // Takes the join token out of a text that a machine wrote.
  void redact(std::string& text) const;

  // For calls of the agent's own, with the masters' addresses. status() if there are no keys.
  absl::StatusOr<std::shared_ptr<kubernetes::Client>> client(const ClusterRecord& cluster,
                                                             base::WallTime now);
  // See Manager::api_server_login.
  absl::StatusOr<ApiServerLogin> login(const ClusterRecord& cluster, base::WallTime now);
  // See Manager::kubeconfig. `fqdn` and `proxy_port` lead to the agent's proxy.
  absl::StatusOr<base::Secret> kubeconfig(const ClusterRecord& cluster, std::string_view fqdn,
                                          std::uint16_t proxy_port, base::WallTime now) const;

 private:
  using Addresses = std::map<std::string, std::string>;  // by slot

  absl::StatusOr<std::string> user_data(const ClusterRecord& cluster, const NodeSpec& node,
                                        const Addresses& addresses) const;
  absl::Status check_managed(const ClusterRecord& cluster) const;

  const Secrets secrets_;
  const std::string operator_user_data_;
  std::optional<ApiServerAccess> access_;  // with secrets
  std::vector<KnownCertificate> authorities_;
};

// Why a cluster whose keys cannot be had is as it is, for people and programs.
Reason secrets_reason(const absl::Status& why);

// In order; empty while one of them is not known.
std::vector<std::string> master_addresses(const ClusterRecord& cluster);

}  // namespace mex::cluster
