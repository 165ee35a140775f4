#include "agent/certificate_service.h"

#include <unistd.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "agent/secret_variable.h"
#include "base/log.h"
#include "base/secret_text.h"
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

// What tls-alpn-01 needs of the proxy.
certificates::TlsAlpnSolver::Passthrough passthrough_of(proxy::Control& control) {
  return [&control](const std::map<std::string, net::Address>& servers) {
    proxy::PassthroughTable table;
    for (const auto& [name, address] : servers) table[name] = {address};
    control.apply_challenges(std::make_shared<const proxy::PassthroughTable>(std::move(table)));
  };
}

// Secrets come from the environment, never from flags.
absl::Status add_external_account(certificates::AcmeOptions& options) {
  MEX_ASSIGN_OR_RETURN(const base::Secret account,
                       secret_variable({"MEX_ACME_EAB_KID"}, base::SecretKind::Token));
  options.external_account = account.reveal();
  MEX_ASSIGN_OR_RETURN(options.external_account_key,
                       secret_variable({"MEX_ACME_EAB_HMAC"}, base::SecretKind::Base64));
  if (options.external_account.empty() == options.external_account_key.empty()) {
    return absl::OkStatus();
  }
  return base::error(absl::StatusCode::kInvalidArgument,
                     "MEX_ACME_EAB_KID and MEX_ACME_EAB_HMAC belong together: only one is set");
}

}  // namespace

absl::StatusOr<std::unique_ptr<CertificateService>> CertificateService::create(
    const Options& options, std::shared_ptr<store::Store> store, events::Recorder events) {
  std::unique_ptr<CertificateService> service(
      new CertificateService(options, std::move(store), events));
  if (options.acme) {
    certificates::AcmeClient::finish_installation(service->acme_options(), base::system_clock());
  }
  MEX_ASSIGN_OR_RETURN(service->client_authentications_,
                       certificates::ClientAuthentications::open(*service->store_));
  std::vector<std::string> own_names;
  if (!options.fqdn.empty()) own_names.push_back(options.fqdn);
  MEX_ASSIGN_OR_RETURN(
      service->certificates_,
      certificates::Certificates::open(
          {.directory = options.cert_dir, .own_names = std::move(own_names), .events = events}));
  return service;
}

CertificateService::~CertificateService() { certificates_->set_stapler(nullptr); }

absl::Status CertificateService::start(server::ServerGroup& proxy, proxy::Control& control,
                                       dns::DnsProvider* dns,
                                       const server::ConnectionLimits& http_limits) {
  stapler_ = std::make_unique<certificates::OcspStapler>(
      certificates::OcspStapler::Context{.fetch = certificates::OcspStapler::over_http(),
                                         .on_change = [this, &proxy] { staple(proxy); }});
  certificates_->set_stapler(stapler_.get());
  client_authentications_->follow([this, &proxy] { return activate(proxy); });
  certificates_->follow(
      [this, &proxy](const tls::CertificateTable& /*table*/) { return activate(proxy); });
  stapler_->follow(certificates_->table());
  if (options_.http) MEX_RETURN_IF_ERROR(serve_http(http_limits));
  return options_.acme ? start_acme(control, dns) : absl::OkStatus();
}

tls::CertificateTable CertificateService::table() const {
  tls::CertificateTable table = certificates_->table();
  table.verifications = client_authentications_->verifications();
  if (stapler_ != nullptr) table.staples = stapler_->staples();
  return table;
}

void CertificateService::staple(server::ServerGroup& proxy) {
  const absl::Status stapled = activate(proxy);
  if (!stapled.ok()) log::error("an answer of OCSP was not stapled", {{"reason", stapled}});
}

// The newest of all, whichever has changed: three threads bring changes.
absl::Status CertificateService::activate(server::ServerGroup& proxy) {
  const base::MutexLock lock(share_mutex_);
  const absl::Status shared = shared_ ? shared_(certificates_->table()) : absl::OkStatus();
  const absl::Status served = proxy.replace_certificates(table());
  stapler_->follow(certificates_->table());
  return served.ok() ? shared : served;
}

absl::Status CertificateService::share(certificates::Certificates::Apply apply) {
  const base::MutexLock lock(share_mutex_);
  shared_ = std::move(apply);
  return shared_ ? shared_(certificates_->table()) : absl::OkStatus();
}

certificates::AcmeOptions CertificateService::acme_options() const {
  certificates::AcmeOptions acme = *options_.acme;
  acme.workplace = workplace();
  return acme;
}

absl::Status CertificateService::serve_http(const server::ConnectionLimits& limits) {
  MEX_ASSIGN_OR_RETURN(http_shard_, server::ShardGroup::start(1, "http"));
  server::ServerGroup::Config config{.address = *options_.http, .certificates = {}, .options = {}};
  config.options.name = "http";
  config.options.proxy_protocol_peers = options_.proxy_protocol;
  config.options.connections = limits;
  MEX_ASSIGN_OR_RETURN(
      http_, server::ServerGroup::start(*http_shard_, std::move(config), [this](server::Shard&) {
        return std::make_unique<certificates::PlainHttp>(webroot(), options_.proxy->port());
      }));
  log::info("plain HTTP listens", {{"address", http_->address().text()}});
  return absl::OkStatus();
}

absl::Status CertificateService::start_acme(proxy::Control& control, dns::DnsProvider* dns) {
  certificates::AcmeOptions acme = acme_options();
  MEX_RETURN_IF_ERROR(add_external_account(acme));
  std::unique_ptr<certificates::ChallengeSolver> solver;
  switch (acme.challenge) {
    case certificates::Challenge::Http01:
      solver = std::make_unique<certificates::WebrootSolver>(webroot());
      break;
    case certificates::Challenge::TlsAlpn01:
      solver = std::make_unique<certificates::TlsAlpnSolver>(passthrough_of(control));
      break;
    case certificates::Challenge::Dns01:
      if (acme.lego_dns_provider.empty()) {
        solver = std::make_unique<certificates::DnsChallengeServer>(*dns);
      } else {
        solver = std::make_unique<certificates::LegoDnsSolver>();
      }
      break;
  }
  MEX_ASSIGN_OR_RETURN(acme_,
                       certificates::AcmeClient::create({.options = std::move(acme),
                                                         .store = store_,
                                                         .certificates = *certificates_,
                                                         .solver = std::move(solver),
                                                         .environment = process_environment(),
                                                         .events = events_}));
  return absl::OkStatus();
}

void CertificateService::drain(server::DrainTimes times) {
  acme_.reset();
  if (http_ != nullptr) http_->drain(times);
}

}  // namespace mex::agent
