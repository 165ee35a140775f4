#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "certificates/certificate_events.h"
#include "certificates/certificate_inventory.h"
#include "certificates/certificate_view.h"
#include "certificates/expiry_gauge.h"
#include "certificates/ocsp_stapler.h"
#include "certificates/pair_files.h"
#include "certificates/path_watch.h"
#include "events/recorder.h"
#include "tls/certificate.h"

namespace mex::certificates {

// The certificates that the proxy answers with: cert.pem and key.pem of a directory are the default
// one, those of a directory below it are for the names they hold. New files are served soon after
// they appear, and connections keep the certificate that they began with. Without a default one
// there is a self-signed one, so that the port always answers. Thread-safe.
class Certificates final : public CertificateInventory {
 public:
  struct Context {
    std::string directory;               // need not exist
    std::vector<std::string> own_names;  // of this machine, for the self-signed one; may be empty
    events::Recorder events{};
    // Whether they are the ones of metrics, the log and events; what is wrong with others is in
    // readiness() alone.
    bool is_reported = true;
    const base::Clock* clock = &base::system_clock();  // outlives this object
    // Writers need a moment between a file and the next: files are read when nothing has changed
    // for so long, and what does not fit together by then is reported after so long.
    std::chrono::milliseconds quiet{100};
    std::chrono::milliseconds patience{2'000};
  };
  // Activates a table. Called by one thread at a time.
  using Apply = std::function<absl::Status(const tls::CertificateTable&)>;

  // Reads what is there. Errors only if the kernel grants no descriptor, or OpenSSL no key.
  static absl::StatusOr<std::unique_ptr<Certificates>> open(Context context);
  Certificates(const Certificates&) = delete;
  Certificates& operator=(const Certificates&) = delete;
  // No call of Apply is under way afterwards.
  ~Certificates() override;

  tls::CertificateTable table() const;

  // Calls `apply` after every change from now on; the first time soon, in case something has
  // changed since open(). Once.
  void follow(Apply apply);

  std::vector<CertificateView> list() const override;
  absl::Status renew(const std::string& name) override;

  // The files are read now, also where no change of them was reported. Any thread.
  void look_now() { watch_->wake(); }

  // The issuer of the default one; null for none. It must exist until it is replaced.
  void set_issuer(CertificateIssuer* issuer);

  // Knows what authorities say of them; null for none. It must exist until it is replaced.
  void set_stapler(const OcspStapler* stapler);

  // The default one as it is served.
  tls::Certificate default_certificate() const;

  // OK if clients can trust the default one; otherwise what is wrong with it.
  absl::Status readiness() const;

 private:
  Certificates(Context context, std::unique_ptr<PathWatch> watch);
  bool find_pairs();
  bool look(base::WallTime now);
  bool keep_self_signed_fresh(base::WallTime now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool has_problem() const;
  void report();
  void reload();
  std::vector<std::string> watched_paths() const;
  const tls::Certificate& default_locked() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void add_missing_names(std::vector<std::string>& notices) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  CertificateView view_of(const std::string& name, const PairFiles& pair, base::WallTime now) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void run(const std::stop_token& stop);

  const Context context_;
  const std::unique_ptr<PathWatch> watch_;  // of the thread
  Apply apply_;                             // of the thread
  CertificateEvents certificate_events_;    // of the thread
  ExpiryGauge gauge_;                       // of the thread

  mutable base::Mutex mutex_;
  std::map<std::string, PairFiles> pairs_ ABSL_GUARDED_BY(mutex_);  // by name
  std::optional<tls::Certificate> self_signed_ ABSL_GUARDED_BY(mutex_);
  mutable base::Mutex issuer_mutex_;  // held while the issuer is called; never together with mutex_
  CertificateIssuer* issuer_ ABSL_GUARDED_BY(issuer_mutex_) = nullptr;
  const OcspStapler* stapler_ ABSL_GUARDED_BY(issuer_mutex_) = nullptr;
  std::jthread thread_;
};

}  // namespace mex::certificates
