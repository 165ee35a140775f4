#include "agent/certificate_setup.h"

#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

#include "agent/process.h"
#include "base/log.h"
#include "base/status.h"
#include "certificates/challenge_solver.h"
#include "certificates/dns_challenge_server.h"
#include "certificates/plain_http.h"

namespace mex::agent {

namespace {

std::vector<std::string> process_environment() {
  std::vector<std::string> variables;
  for (char** each = environ; *each != nullptr; ++each) variables.emplace_back(*each);
  return variables;
}

// Secrets are no flags.
absl::Status add_external_account(certificates::AcmeOptions& settings) {
  settings.external_account = environment_variable("MEX_ACME_EAB_KID");
  settings.external_account_key = base::Secret(environment_variable("MEX_ACME_EAB_HMAC"));
  if (settings.external_account.empty() == settings.external_account_key.empty()) {
    return absl::OkStatus();
  }
  return base::error(absl::StatusCode::kInvalidArgument,
                     "MEX_ACME_EAB_KID and MEX_ACME_EAB_HMAC belong together: only one is set");
}

}  // namespace

absl::StatusOr<std::unique_ptr<CertificateSetup>> CertificateSetup::open(
    const Options& options, std::shared_ptr<store::Store> store, events::Recorder events) {
  std::unique_ptr<CertificateSetup> setup(new CertificateSetup(options, std::move(store), events));
  if (options.acme) {
    certificates::AcmeClient::finish_installation(*options.acme, base::system_clock());
  }
  std::vector<std::string> own_names;
  if (!options.fqdn.empty()) own_names.push_back(options.fqdn);
  MEX_ASSIGN_OR_RETURN(
      setup->certificates_,
      certificates::Certificates::open(
          {.directory = options.cert_dir, .own_names = std::move(own_names), .events = events}));
  return setup;
}

absl::Status CertificateSetup::start(server::ServerGroup& proxy, proxy::Control& control,
                                     dns::DnsProvider* dns) {
  certificates_->follow(
      [&proxy](const tls::CertificateTable& table) { return proxy.replace_certificates(table); });
  if (options_.http) MEX_RETURN_IF_ERROR(serve_http());
  return options_.acme ? start_acme(control, dns) : absl::OkStatus();
}

std::string CertificateSetup::webroot() const { return options_.state_dir + "/acme-http-01"; }

absl::Status CertificateSetup::serve_http() {
  MEX_ASSIGN_OR_RETURN(http_shard_, server::ShardGroup::start(1, "http"));
  server::ServerGroup::Config config{.address = *options_.http, .certificates = {}, .options = {}};
  config.options.name = "http";
  MEX_ASSIGN_OR_RETURN(
      http_, server::ServerGroup::start(*http_shard_, std::move(config), [this](server::Shard&) {
        return std::make_unique<certificates::PlainHttp>(webroot(), options_.proxy->port());
      }));
  log::info("plain HTTP listens", {{"address", http_->address().text()}});
  return absl::OkStatus();
}

absl::Status CertificateSetup::start_acme(proxy::Control& control, dns::DnsProvider* dns) {
  certificates::AcmeOptions settings = *options_.acme;
  MEX_RETURN_IF_ERROR(add_external_account(settings));
  std::unique_ptr<certificates::ChallengeSolver> door;
  switch (settings.challenge) {
    case certificates::Challenge::Http01:
      door = std::make_unique<certificates::WebrootDoor>(webroot());
      break;
    case certificates::Challenge::TlsAlpn01:
      door = std::make_unique<certificates::TlsDoor>(control);
      break;
    case certificates::Challenge::Dns01:
      if (settings.lego_dns_provider.empty()) {
        door = std::make_unique<certificates::DnsChallengeServer>(*dns);
      } else {
        door = std::make_unique<certificates::LegoDnsDoor>();
      }
      break;
  }
  MEX_ASSIGN_OR_RETURN(acme_, certificates::AcmeClient::start({.settings = std::move(settings),
                                                               .store = store_,
                                                               .certificates = *certificates_,
                                                               .door = std::move(door),
                                                               .environment = process_environment(),
                                                               .events = events_}));
  return absl::OkStatus();
}

void CertificateSetup::drain(std::chrono::milliseconds deadline) {
  acme_.reset();
  if (http_ != nullptr) http_->drain(deadline);
}

}  // namespace mex::agent
