#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "certificates/certificate_events.h"
#include "certificates/certificate_inventory.h"
#include "certificates/certificate_view.h"
#include "certificates/expiry_gauge.h"
#include "certificates/pair_files.h"
#include "certificates/path_watch.h"
#include "events/recorder.h"
#include "tls/certificate.h"

namespace mex::certificates {

// The certificates that the proxy answers with: cert.pem and key.pem of a directory are the default
// one, those of a directory below it are for the names they hold. Whoever puts them there, they are
// served soon after, and connections go on with what they began with. Without a default one there
// is a self-signed one, so that the port is never dead. Thread-safe.
class Certificates final : public CertificateInventory {
 public:
  struct Setup {
    std::string directory;               // need not exist
    std::vector<std::string> own_names;  // of this machine, for the self-signed one; may be empty
    events::Recorder events{};
    const base::Clock* clock = &base::system_clock();  // outlives this object
    // Writers need a moment between a file and the next: files are read when nothing has changed
    // for so long, and what does not fit together by then is told after so long.
    std::chrono::milliseconds quiet{100};
    std::chrono::milliseconds patience{2'000};
  };
  // Puts a table in force. Called by one thread at a time.
  using Apply = std::function<absl::Status(const tls::CertificateTable&)>;

  // Reads what is there. Errors only if the kernel grants no descriptor, or OpenSSL no key.
  static absl::StatusOr<std::unique_ptr<Certificates>> open(Setup setup);
  Certificates(const Certificates&) = delete;
  Certificates& operator=(const Certificates&) = delete;
  // No call of Apply is under way afterwards.
  ~Certificates() override;

  tls::CertificateTable table() const;

  // From now on `apply` is told of every change; the first time soon, in case something has changed
  // since open(). Once.
  void follow(Apply apply);

  std::vector<CertificateView> list() const override;
  absl::Status renew(const std::string& name) override;

  // Who orders the default one; null for nobody. It must be there until it is replaced.
  void set_orderer(CertificateIssuer* orderer);

  // The default one as it is served.
  tls::Certificate default_certificate() const;

  // OK if clients can trust what they are answered with; else what is wrong with the default one.
  absl::Status readiness() const;

 private:
  Certificates(Setup setup, std::unique_ptr<PathWatch> watch);
  bool find_pairs();
  bool look(base::WallTime now);
  bool keep_self_signed_fresh(base::WallTime now);
  bool has_problem() const;
  void tell();
  void take_what_is_there();
  std::vector<std::string> watched_paths() const;
  tls::CertificateTable table_locked() const;
  const tls::Certificate& default_locked() const;
  CertificateView view_of(const std::string& name, const PairFiles& pair, base::WallTime now) const;
  void run(const std::stop_token& stop);

  const Setup setup_;
  const std::unique_ptr<PathWatch> watch_;  // of the thread
  Apply apply_;                             // of the thread
  CertificateEvents news_;                  // of the thread
  ExpiryGauge gauge_;                       // of the thread

  mutable std::mutex mutex_;
  std::map<std::string, PairFiles> pairs_;  // by name
  std::optional<tls::Certificate> self_signed_;
  mutable std::mutex orderer_mutex_;  // held while it is asked; never together with mutex_
  CertificateIssuer* orderer_ = nullptr;
  std::jthread thread_;
};

}  // namespace mex::certificates
