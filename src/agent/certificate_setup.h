#pragma once

#include <chrono>
#include <memory>

#include "absl/status/statusor.h"
#include "agent/options.h"
#include "certificates/acme_client.h"
#include "certificates/certificates.h"
#include "dns/dns_provider.h"
#include "events/recorder.h"
#include "proxy/control.h"
#include "server/server_group.h"
#include "server/shard.h"
#include "store/store.h"

namespace mex::agent {

// All that keeps the proxy's certificates: what lies in -cert, who orders the default one, and the
// plain HTTP port. Made, stopped and destroyed by the main thread.
class CertificateSetup {
 public:
  // Reads what is there; nothing is served or ordered yet.
  static absl::StatusOr<std::unique_ptr<CertificateSetup>> open(const Options& options,
                                                                std::shared_ptr<store::Store> store,
                                                                events::Recorder events);
  CertificateSetup(const CertificateSetup&) = delete;
  CertificateSetup& operator=(const CertificateSetup&) = delete;

  certificates::Certificates& certificates() { return *certificates_; }
  const certificates::Certificates& certificates() const { return *certificates_; }

  // At work when it returns. All outlive this object; `dns` is null without a provider. Errors name
  // the address.
  absl::Status start(server::ServerGroup& proxy, proxy::Control& control, dns::DnsProvider* dns);

  void drain(std::chrono::milliseconds deadline);

 private:
  CertificateSetup(const Options& options, std::shared_ptr<store::Store> store,
                   events::Recorder events)
      : options_(options), store_(std::move(store)), events_(events) {}

  std::string webroot() const;
  absl::Status serve_http();
  absl::Status start_acme(proxy::Control& control, dns::DnsProvider* dns);

  const Options& options_;
  const std::shared_ptr<store::Store> store_;
  const events::Recorder events_;
  std::unique_ptr<certificates::Certificates> certificates_;
  // A thread of its own: it reads files while it answers.
  std::unique_ptr<server::ShardGroup> http_shard_;
  std::unique_ptr<server::ServerGroup> http_;
  std::unique_ptr<certificates::AcmeClient> acme_;
};

}  // namespace mex::agent
