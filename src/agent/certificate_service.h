#pragma once

#include <chrono>
#include <memory>

#include "absl/status/statusor.h"
#include "agent/options.h"
#include "base/mutex.h"
#include "certificates/acme_client.h"
#include "certificates/certificates.h"
#include "certificates/client_authentications.h"
#include "certificates/ocsp_stapler.h"
#include "dns/dns_provider.h"
#include "events/recorder.h"
#include "proxy/control.h"
#include "server/server_group.h"
#include "server/shard.h"
#include "store/store.h"

namespace mex::agent {

// Wires what keeps the proxy's certificates: the files in -cert, the ACME client and the plain HTTP
// port. Created, stopped and destroyed by the main thread.
class CertificateService {
 public:
  // Reads the files; nothing is served or ordered yet.
  static absl::StatusOr<std::unique_ptr<CertificateService>> create(
      const Options& options, std::shared_ptr<store::Store> store, events::Recorder events);
  CertificateService(const CertificateService&) = delete;
  CertificateService& operator=(const CertificateService&) = delete;
  ~CertificateService();

  certificates::Certificates& certificates() { return *certificates_; }
  const certificates::Certificates& certificates() const { return *certificates_; }
  certificates::ClientAuthentications& client_authentications() { return *client_authentications_; }
  // What the proxy is to serve with.
  tls::CertificateTable table() const;

  // Serves and orders when it returns. All outlive this object; `dns` is null without a provider.
  // Errors name the address.
  absl::Status start(server::ServerGroup& proxy, proxy::Control& control, dns::DnsProvider* dns,
                     const server::ConnectionLimits& http_limits);

  // Every table that is activated from now on is given to `apply`, too, and the present one at
  // once. Null ends that: `apply` is not under way afterwards.
  absl::Status share(certificates::Certificates::Apply apply);

  void drain(server::DrainTimes times);

 private:
  CertificateService(const Options& options, std::shared_ptr<store::Store> store,
                     events::Recorder events)
      : options_(options), store_(std::move(store)), events_(events) {}

  std::string workplace() const { return options_.state_dir + "/acme-order"; }
  // lego writes there, so it is in lego's workplace.
  std::string webroot() const { return workplace() + "/http-01"; }
  certificates::AcmeOptions acme_options() const;
  absl::Status activate(server::ServerGroup& proxy);
  void staple(server::ServerGroup& proxy);
  absl::Status serve_http(const server::ConnectionLimits& limits);
  absl::Status start_acme(proxy::Control& control, dns::DnsProvider* dns);

  const Options& options_;
  const std::shared_ptr<store::Store> store_;
  const events::Recorder events_;
  base::Mutex share_mutex_;  // held while a table is activated
  certificates::Certificates::Apply shared_ ABSL_GUARDED_BY(share_mutex_);
  std::unique_ptr<certificates::Certificates> certificates_;
  std::unique_ptr<certificates::ClientAuthentications> client_authentications_;
  std::unique_ptr<certificates::OcspStapler> stapler_;  // null before start()
  // Its own thread, because it reads files while it answers.
  std::unique_ptr<server::ShardGroup> http_shard_;
  std::unique_ptr<server::ServerGroup> http_;
  std::unique_ptr<certificates::AcmeClient> acme_;
};

}  // namespace mex::agent
