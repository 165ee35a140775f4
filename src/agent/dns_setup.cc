#include "agent/dns_setup.h"

#include <array>
#include <utility>

#include "agent/own_floating_addresses.h"
#include "agent/process.h"
#include "base/file.h"
#include "base/log.h"
#include "base/status.h"
#include "dns/cloudflare.h"
#include "dns/public_address.h"

namespace mex::agent {

namespace {

std::string first_of(std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (std::string value = environment_variable(name); !value.empty()) return value;
  }
  return "";
}

absl::StatusOr<base::Secret> token_of(const DnsOptions& options) {
  if (options.token_file.empty()) {
    return base::Secret(first_of({"CF_Token", "CF_API_TOKEN", "CLOUDFLARE_API_TOKEN"}));
  }
  MEX_ASSIGN_OR_RETURN(std::string token, base::read_file(options.token_file, 4096));
  while (!token.empty() && (token.back() == '\n' || token.back() == ' ')) token.pop_back();
  return base::Secret(std::move(token));
}

absl::StatusOr<std::unique_ptr<dns::DnsProvider>> make_provider(const DnsOptions& options) {
  if (options.rfc2136) {
    auto made = dns::make_rfc2136(*options.rfc2136);
    return made.ok() ? std::move(made) : base::annotate(made.status(), "-dns=rfc2136");
  }
  dns::CloudflareOptions settings;
  if (std::string url = environment_variable("CLOUDFLARE_API_URL"); !url.empty())
    settings.url = std::move(url);
  MEX_ASSIGN_OR_RETURN(settings.token, token_of(options));
  settings.email = first_of({"CF_Email", "MEX_CF_USER"});
  settings.global_key = base::Secret(first_of({"CF_Key", "MEX_CF_KEY"}));
  const bool has_key = !settings.email.empty() && !settings.global_key.empty();
  if (settings.token.empty() && !has_key) {
    return base::error(
        absl::StatusCode::kFailedPrecondition,
        "-dns=cloudflare: no credentials: set CF_Token or -dns_token to a token with "
        "the rights Zone:Read and DNS:Edit, or CF_Key and CF_Email");
  }
  return dns::make_cloudflare(std::move(settings));
}

// Null without a cloud.
dns::FloatingAddresses floating_addresses_in(std::shared_ptr<cluster::Cloud> cloud) {
  if (cloud == nullptr) return nullptr;
  return [cloud = std::move(cloud)](const std::string& server, const base::CallLimits& limits) {
    return floating_addresses_of(server, cloud->neutron, {limits});
  };
}

}  // namespace

absl::StatusOr<std::unique_ptr<DnsSetup>> DnsSetup::open(const Options& options) {
  std::unique_ptr<DnsSetup> setup(new DnsSetup(options));
  MEX_ASSIGN_OR_RETURN(setup->provider_, make_provider(*options.dns));
  log::info("public DNS", {{"provider", setup->provider_->describe()}});
  return setup;
}

std::vector<std::string> DnsSetup::names_locked() const {
  std::vector<std::string> names{options_.fqdn};
  if (options_.dns->names == DnsNames::Clusters) {
    names.insert(names.end(), cluster_names_.begin(), cluster_names_.end());
  }
  return names;
}

absl::Status DnsSetup::start(std::shared_ptr<store::Store> store,
                             std::shared_ptr<cluster::Cloud> cloud, events::Recorder events) {
  const DnsOptions& options = *options_.dns;
  if (options.names == DnsNames::None) return absl::OkStatus();
  dns::AddressSources sources{.told = options.addresses,
                              .interface = options.interface,
                              .metadata_url = options.metadata_url,
                              .floating = floating_addresses_in(std::move(cloud))};
  const std::lock_guard lock(mutex_);
  MEX_ASSIGN_OR_RETURN(registrations_, dns::DnsReconciler::start(
                                           {.store = std::move(store),
                                            .provider = *provider_,
                                            .addresses =
                                                [sources = std::move(sources)](const auto& limits) {
                                                  return dns::public_addresses(sources, limits);
                                                },
                                            .names = names_locked(),
                                            .has_wildcards = options.names == DnsNames::Wildcard,
                                            .ttl = options.ttl,
                                            .is_proxied = options.is_proxied,
                                            .interval = options.interval,
                                            .events = events}));
  return absl::OkStatus();
}

void DnsSetup::use_cluster_names(std::vector<std::string> names_of_clusters) {
  const std::lock_guard lock(mutex_);
  cluster_names_ = std::move(names_of_clusters);
  if (registrations_ != nullptr) registrations_->use_names(names_locked());
}

}  // namespace mex::agent
