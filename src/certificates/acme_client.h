#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "certificates/acme_options.h"
#include "certificates/acme_order.h"
#include "certificates/acme_record.h"
#include "certificates/certificates.h"
#include "events/recorder.h"
#include "metrics/metrics.h"
#include "store/store.h"

namespace mex::certificates {

// Keeps the default certificate good: orders the first one, and the next one in time, wherever the
// present one came from. Ordered certificates are put where Certificates finds them. Failures never
// touch what is served; they are reported, and retried with growing pauses. Thread-safe.
class AcmeClient final : private CertificateIssuer {
 public:
  struct Context {
    AcmeOptions options;
    std::shared_ptr<store::Store> store;
    Certificates& certificates;  // outlives this object
    std::unique_ptr<ChallengeSolver> solver;
    std::vector<std::string> environment;  // the process's own
    events::Recorder events{};
    const base::Clock* clock = &base::system_clock();  // outlives this object
    std::chrono::milliseconds order_deadline = AcmeOrder::kUsualDeadline;
  };

  // Runs when it returns. Unavailable if the store cannot be read.
  static absl::StatusOr<std::unique_ptr<AcmeClient>> create(Context context);
  AcmeClient(const AcmeClient&) = delete;
  AcmeClient& operator=(const AcmeClient&) = delete;
  // Cancels an order under way; the next run of the agent makes it again.
  ~AcmeClient();

  // Installs what an earlier process ordered and did not get to install. To be called before
  // Certificates are opened.
  static void finish_installation(const AcmeOptions& options, const base::Clock& clock);

  // When the next order is to be made, as things are.
  base::WallTime next_order() const;

 private:
  explicit AcmeClient(Context context);

  RenewalView renewal() const override;
  bool has_ordered(const std::string& fingerprint) const override;
  absl::Status order_now() override;

  absl::Status read_record();
  void adopt_order();
  void save(const AcmeRecord& record);
  base::WallTime due(const AcmeRecord& record, base::WallTime now) const;
  base::WallTime next_order_locked(base::WallTime now) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void run(const std::stop_token& stop);
  void order(const std::stop_token& stop);
  void note_success(const OrderedPair& pair);
  void note_failure(const LegoFailure& failure);
  AcmeRecord record() const;
  void show(AcmeRecord after);

  const Context context_;
  AcmeOrder order_;  // of the thread
  const metrics::Counter successes_;
  const metrics::Counter failures_;

  mutable base::Mutex mutex_;
  base::CondVar wake_;
  AcmeRecord record_ ABSL_GUARDED_BY(mutex_);
  bool is_requested_ ABSL_GUARDED_BY(mutex_) = false;  // by order_now()
  std::jthread thread_;
};

}  // namespace mex::certificates
