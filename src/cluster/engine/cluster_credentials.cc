#include "cluster/engine/cluster_credentials.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>
#include <variant>

#include "base/ipv4.h"
#include "base/status.h"
#include "cluster/steps/node_bootstrap.h"

namespace mex::cluster {
namespace {

// Of the token with which machines join: longer than the longest flavor's deadlines.
constexpr std::chrono::hours kTokenValidity{24};

absl::Status refuse_access(const ClusterRecord& cluster, std::string_view why) {
  return base::error(absl::StatusCode::kFailedPrecondition, "the cluster {} of tenant {} {}",
                     cluster.spec.name, cluster.spec.tenant, why);
}

std::vector<KnownCertificate> authorities_of(const kubernetes::ClusterPki& pki) {
  std::vector<KnownCertificate> known;
  for (const auto& [name, identity] :
       {std::pair("kubernetes", &pki.cluster_ca), std::pair("front-proxy-ca", &pki.front_proxy_ca),
        std::pair("etcd-ca", &pki.etcd_ca)}) {
    auto life =
        kubernetes::certificate_life(fmt::format("authority {}", name), identity->certificate_pem);
    if (!life.ok()) continue;
    known.push_back(
        {.holder = "the cluster", .life = *std::move(life), .renewer = Renewer::Nobody});
  }
  return known;
}

// A kubeconfig that leads nowhere is worse than none.
absl::Status check_has_api_server(const ClusterRecord& cluster) {
  if (cluster.phase == ClusterPhase::Destroying) {
    return refuse_access(cluster, "is being destroyed");
  }
  const auto& nodes = cluster.spec.nodes;
  const bool has_master = std::any_of(nodes.begin(), nodes.end(), [&](const NodeSpec& node) {
    return node.role == NodeRole::Master && !address_of(cluster, node).empty() &&
           cluster.resources.contains({ResourceKind::Server, node.slot});
  });
  if (has_master) return absl::OkStatus();
  return refuse_access(cluster,
                       fmt::format("has no API server yet: none of its masters has a server{}{}",
                                   cluster.reason.empty() ? "" : "; ", cluster.reason.message));
}

}  // namespace

Reason secrets_reason(const absl::Status& why) {
  Reason reason =
      because("SecretsUnavailable",
              fmt::format("the keys of the cluster cannot be had: {}", base::message_of(why)));
  reason.next = "until they can be had the cluster runs on as it is, or is destroyed";
  return reason;
}

std::vector<std::string> master_addresses(const ClusterRecord& cluster) {
  std::vector<std::string> addresses;
  for (const NodeSpec& node : cluster.spec.nodes) {
    if (node.role != NodeRole::Master) continue;
    addresses.push_back(address_of(cluster, node));
    if (addresses.back().empty()) return {};
  }
  return addresses;
}

ClusterCredentials::ClusterCredentials(Secrets secrets, std::string operator_user_data)
    : secrets_(std::move(secrets)), operator_user_data_(std::move(operator_user_data)) {
  if (!secrets_.ok() || *secrets_ == nullptr) return;
  access_.emplace(*secrets_);
  authorities_ = authorities_of((*secrets_)->pki);
}

std::vector<KnownCertificate> ClusterCredentials::certificates() const {
  std::vector<KnownCertificate> known = authorities_;
  if (access_ && access_->identity_life()) {
    known.push_back(
        {.holder = "the agent", .life = *access_->identity_life(), .renewer = Renewer::Agent});
  }
  return known;
}

std::string ClusterCredentials::authority_pem() const {
  return access_ ? (*secrets_)->pki.cluster_ca.certificate_pem : "";
}

absl::StatusOr<std::string> ClusterCredentials::user_data(const ClusterRecord& cluster,
                                                          const NodeSpec& node,
                                                          const Addresses& addresses) const {
  if (!secrets_.ok()) return secrets_.status();
  const std::string subnet = nodes_subnet(cluster);
  const BootstrapInput input{.spec = cluster.spec,
                             .cluster_id = cluster.id,
                             .secrets = **secrets_,
                             .subnet = subnet,
                             .mtu = cluster.network_mtu,
                             .addresses = addresses,
                             .api_server_names = cluster.api_server_names,
                             .operator_user_data = operator_user_data_};
  MEX_ASSIGN_OR_RETURN(kubernetes::UserData user_data, node_user_data(input, node));
  return user_data.bytes.reveal();
}

absl::Status ClusterCredentials::check_user_data(const ClusterRecord& cluster,
                                                 const Plan& plan) const {
  if (!cluster.spec.is_managed()) return absl::OkStatus();
  const auto subnet = base::parse_ipv4_block(nodes_subnet(cluster));
  if (!subnet) {
    return base::error(absl::StatusCode::kFailedPrecondition,
                       "the subnet of the nodes' network is not visible to this project, but pods "
                       "get their addresses by it: choose another network");
  }
  Addresses addresses;
  std::uint64_t last = subnet->size() - 2;
  for (const NodeSpec& node : cluster.spec.nodes) {
    std::string& address = addresses[node.slot];
    address = address_of(cluster, node);
    if (address.empty()) address = to_string(base::address_in(*subnet, last--));
  }
  for (const PlannedStep& step : plan.steps) {
    const auto* create = std::get_if<CreateServer>(&step.action);
    if (create == nullptr || step.is_done) continue;
    const NodeSpec& node = *find_node(cluster.spec, create->slot);
    MEX_RETURN_IF_ERROR(user_data(cluster, node, addresses).status());
  }
  return absl::OkStatus();
}

absl::Status ClusterCredentials::complete(Attempt& attempt, const ClusterRecord& cluster,
                                          const Discovered& discovered, base::WallTime now) {
  if (auto* create = std::get_if<CreateServer>(&attempt.action)) {
    if (!cluster.spec.is_managed()) return absl::OkStatus();
    Addresses addresses;
    for (const NodeSpec& node : cluster.spec.nodes) {
      addresses[node.slot] = address_of(cluster, node);
    }
    MEX_ASSIGN_OR_RETURN(create->body.user_data,
                         user_data(cluster, *find_node(cluster.spec, create->slot), addresses));
  }
  if (!traits_of(attempt.action).needs_api_server) return absl::OkStatus();
  auto api_server = client(cluster, now);
  const auto* confirm = std::get_if<ConfirmFault>(&attempt.action);
  const bool is_needed = confirm == nullptr || confirm->needs_answer;
  if (!api_server.ok() && is_needed) return api_server.status();
  if (api_server.ok()) attempt.api_server = *std::move(api_server);
  if (const auto* apply = std::get_if<ApplyManifest>(&attempt.action)) {
    attempt.manifest = discovered.manifests.at(apply->source);
  }
  if (std::holds_alternative<RenewToken>(attempt.action)) {
    attempt.manifest =
        kubernetes::bootstrap_token_manifest((*secrets_)->token, now + kTokenValidity).dump();
  }
  return absl::OkStatus();
}

void ClusterCredentials::redact(std::string& text) const {
  if (!access_) return;
  const base::Secret token = (*secrets_)->token.text();
  const std::string& secret = token.reveal();
  for (std::size_t at = 0; (at = text.find(secret, at)) != std::string::npos;) {
    text.replace(at, secret.size(), "[secret]");
  }
}

absl::StatusOr<std::shared_ptr<kubernetes::Client>> ClusterCredentials::client(
    const ClusterRecord& cluster, base::WallTime now) {
  MEX_RETURN_IF_ERROR(check_managed(cluster));
  return access_->client(master_addresses(cluster), now);
}

absl::Status ClusterCredentials::check_managed(const ClusterRecord& cluster) const {
  if (cluster.spec.is_managed()) return secrets_.status();
  return refuse_access(
      cluster,
      "is made by its servers' image (image_style unmanaged): the agent has no keys of it");
}

absl::StatusOr<ApiServerLogin> ClusterCredentials::login(const ClusterRecord& cluster,
                                                         base::WallTime now) {
  if (cluster.phase == ClusterPhase::Destroying) {
    return base::error(absl::StatusCode::kNotFound,
                       "the cluster {} of tenant {} is being destroyed", cluster.spec.name,
                       cluster.spec.tenant);
  }
  MEX_RETURN_IF_ERROR(check_managed(cluster));
  const std::vector<std::string> masters = master_addresses(cluster);
  if (masters.empty()) return refuse_access(cluster, "has no API server yet");
  MEX_ASSIGN_OR_RETURN(ApiServerLogin login, access_->login(masters, now));
  login.cluster_id = cluster.id;
  login.pod_network = cluster.spec.flavor.kubernetes.pod_network;
  login.node_subnet = nodes_subnet(cluster);
  for (const NodeSpec& node : cluster.spec.nodes) {
    std::string address = address_of(cluster, node);
    if (!address.empty()) login.node_addresses.push_back(std::move(address));
  }
  login.gateway = cluster.gateway;
  return login;
}

absl::StatusOr<base::Secret> ClusterCredentials::kubeconfig(const ClusterRecord& cluster,
                                                            std::string_view fqdn,
                                                            std::uint16_t proxy_port,
                                                            base::WallTime now) const {
  const ClusterSpec& spec = cluster.spec;
  MEX_RETURN_IF_ERROR(check_managed(cluster));
  if (!spec.flavor.access.api_passthrough) {
    return refuse_access(cluster, "is of a flavor whose access.api_passthrough is off");
  }
  const std::string name = api_server_name(spec, fqdn);
  if (name.empty()) {
    return refuse_access(
        cluster, "has no name outside: start the agent with -fqdn NAME, the name of this machine");
  }
  const auto& names = cluster.api_server_names;
  if (std::find(names.begin(), names.end(), name) == names.end()) {
    return refuse_access(
        cluster,
        fmt::format("was made when the agent had another -fqdn: the certificate of its API server "
                    "is not for {}",
                    name));
  }
  MEX_RETURN_IF_ERROR(check_has_api_server(cluster));
  return admin_kubeconfig(**secrets_, name, proxy_port, now);
}

}  // namespace mex::cluster
