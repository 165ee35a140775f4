#include "agent/dns_service.h"

#include <utility>

#include "agent/process.h"
#include "agent/secret_variable.h"
#include "base/log.h"
#include "base/secret_text.h"
#include "base/status.h"
#include "dns/cloudflare.h"
#include "dns/public_address.h"
#include "openstack/floating_addresses.h"

namespace mex::agent {

namespace {

absl::Status read_credentials(const DnsOptions& options, dns::CloudflareOptions& cloudflare) {
  if (!options.token_file.empty()) {
    cloudflare.read_token = [file = options.token_file] {
      return base::read_secret_file(file, base::SecretKind::Token, "-dns_token");
    };
    return cloudflare.read_token().status();
  }
  MEX_ASSIGN_OR_RETURN(cloudflare.token,
                       secret_variable({"CF_Token", "CF_API_TOKEN", "CLOUDFLARE_API_TOKEN"},
                                       base::SecretKind::Token));
  // What the token goes before is not judged.
  if (!cloudflare.token.empty()) return absl::OkStatus();
  MEX_ASSIGN_OR_RETURN(const base::Secret email,
                       secret_variable({"CF_Email", "MEX_CF_USER"}, base::SecretKind::Token));
  cloudflare.email = email.reveal();
  MEX_ASSIGN_OR_RETURN(cloudflare.global_key,
                       secret_variable({"CF_Key", "MEX_CF_KEY"}, base::SecretKind::Token));
  if (!cloudflare.email.empty() && !cloudflare.global_key.empty()) return absl::OkStatus();
  return base::error(absl::StatusCode::kFailedPrecondition,
                     "-dns=cloudflare: no credentials: set CF_Token or -dns_token to a token with "
                     "the rights Zone:Read and DNS:Edit, or CF_Key and CF_Email");
}

absl::StatusOr<std::unique_ptr<dns::DnsProvider>> create_provider(const DnsOptions& options) {
  if (options.rfc2136) {
    auto made = dns::create_rfc2136(*options.rfc2136);
    return made.ok() ? std::move(made) : base::annotate(made.status(), "-dns=rfc2136");
  }
  dns::CloudflareOptions cloudflare;
  if (std::string url = environment_variable("CLOUDFLARE_API_URL"); !url.empty())
    cloudflare.url = std::move(url);
  MEX_RETURN_IF_ERROR(read_credentials(options, cloudflare));
  return dns::create_cloudflare(std::move(cloudflare));
}

// Null without a cloud.
dns::FloatingAddresses floating_addresses_in(std::shared_ptr<cluster::Cloud> cloud) {
  if (cloud == nullptr) return nullptr;
  return [cloud = std::move(cloud)](const std::string& server, const base::CallLimits& limits) {
    return openstack::floating_addresses_of(server, cloud->neutron, {limits});
  };
}

}  // namespace

absl::StatusOr<std::unique_ptr<DnsService>> DnsService::create(const Options& options) {
  std::unique_ptr<DnsService> service(new DnsService(options));
  MEX_ASSIGN_OR_RETURN(service->provider_, create_provider(*options.dns));
  log::info("public DNS", {{"provider", service->provider_->to_string()}});
  return service;
}

std::vector<std::string> DnsService::names() const {
  std::vector<std::string> names{options_.fqdn};
  if (options_.dns->names == DnsNames::Clusters) {
    names.insert(names.end(), cluster_names_.begin(), cluster_names_.end());
  }
  return names;
}

absl::Status DnsService::start(std::shared_ptr<store::Store> store,
                               std::shared_ptr<cluster::Cloud> cloud, events::Recorder events) {
  const DnsOptions& options = *options_.dns;
  if (options.names == DnsNames::None) return absl::OkStatus();
  dns::AddressSources sources{.configured = options.addresses,
                              .interface = options.interface,
                              .metadata_url = options.metadata_url,
                              .floating = floating_addresses_in(std::move(cloud))};
  const base::MutexLock lock(mutex_);
  MEX_ASSIGN_OR_RETURN(reconciler_, dns::DnsReconciler::create(
                                        {.store = std::move(store),
                                         .provider = *provider_,
                                         .addresses =
                                             [sources = std::move(sources)](const auto& limits) {
                                               return dns::public_addresses(sources, limits);
                                             },
                                         .names = names(),
                                         .has_wildcards = options.names == DnsNames::Wildcard,
                                         .ttl = options.ttl,
                                         .is_proxied = options.is_proxied,
                                         .interval = options.interval,
                                         .events = events}));
  return absl::OkStatus();
}

void DnsService::use_cluster_names(std::vector<std::string> names_of_clusters) {
  const base::MutexLock lock(mutex_);
  cluster_names_ = std::move(names_of_clusters);
  if (reconciler_ != nullptr) reconciler_->use_names(names());
}

}  // namespace mex::agent
