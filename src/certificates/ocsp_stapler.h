#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "certificates/certificate_view.h"
#include "tls/certificate.h"
#include "tls/ocsp.h"

namespace mex::certificates {

// Keeps what authorities say of the proxy's certificates (OCSP, RFC 6960), so that it can be shown
// to clients that ask for it (RFC 6066 section 8). An answer is kept while it is good, whatever
// becomes of its responder. Thread-safe; has a thread that asks one responder after the other.
class OcspStapler {
 public:
  // Posts `request` to `url`; the body of a 200.
  using Fetch = std::function<absl::StatusOr<std::string>(
      const std::string& url, const std::string& request, const std::stop_token& stop)>;
  struct Context {
    Fetch fetch;
    std::function<void()> on_change;  // other answers are to be stapled; called by the thread
    const base::Clock* clock = &base::system_clock();  // outlives this object
  };
  // Over HTTP, as libcurl speaks it: bounded in time and bytes, no redirects.
  static Fetch over_http();

  explicit OcspStapler(Context context);
  OcspStapler(const OcspStapler&) = delete;
  OcspStapler& operator=(const OcspStapler&) = delete;

  // Which certificates are served from now on.
  void follow(const tls::CertificateTable& table);

  // Answers that are good now, by the certificate's fingerprint.
  tls::Staples staples() const;

  // Nothing for a certificate that is not asked about.
  std::optional<OcspView> view(const std::string& fingerprint) const;

  // One round, for tests: asks about all certificates that are due. When the next one is.
  base::WallTime ask_due(const std::stop_token& stop);

 private:
  struct Asked {
    tls::Certificate certificate;
    std::string responder;
    std::optional<tls::OcspAnswer> answer{};
    base::WallTime due{};
    int failures = 0;
    std::string problem{};
  };
  void run(const std::stop_token& stop);
  bool take(const std::string& fingerprint, const absl::StatusOr<std::string>& fetched)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool drop_expired(base::WallTime now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  base::WallTime next_event(base::WallTime now) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Context context_;
  mutable base::Mutex mutex_;
  base::CondVar woken_;
  bool is_woken_ ABSL_GUARDED_BY(mutex_) = false;
  std::map<std::string, Asked> asked_ ABSL_GUARDED_BY(mutex_);  // by fingerprint
  std::jthread thread_;
};

}  // namespace mex::certificates
