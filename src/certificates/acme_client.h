#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "certificates/acme_options.h"
#include "certificates/acme_order.h"
#include "certificates/acme_record.h"
#include "certificates/certificates.h"
#include "events/recorder.h"
#include "metrics/metrics.h"
#include "store/store.h"

namespace mex::certificates {

// Keeps the default certificate good: orders the first one, and the next one in time, whoever put
// the present one there. What it has ordered it puts where Certificates finds it. Failures never
// touch what is served; they are told, and tried again later and later. Thread-safe.
class AcmeClient final : private CertificateIssuer {
 public:
  struct Setup {
    AcmeOptions settings;
    std::shared_ptr<store::Store> store;
    Certificates& certificates;  // outlives this object
    std::unique_ptr<ChallengeSolver> door;
    std::vector<std::string> environment;  // the process's own
    events::Recorder events{};
    const base::Clock* clock = &base::system_clock();  // outlives this object
    std::chrono::milliseconds order_deadline = AcmeOrder::kUsualDeadline;
  };

  // At work when it returns. Unavailable if the store cannot be read.
  static absl::StatusOr<std::unique_ptr<AcmeClient>> start(Setup setup);
  AcmeClient(const AcmeClient&) = delete;
  AcmeClient& operator=(const AcmeClient&) = delete;
  // An order under way is given up; the next start goes on with it.
  ~AcmeClient();

  // Puts in place what an earlier process ordered and did not come to put there. To be called
  // before Certificates are opened.
  static void finish_installation(const AcmeOptions& settings, const base::Clock& clock);

  // When the next order is to be made, as things are.
  base::WallTime next_order() const;

 private:
  explicit AcmeClient(Setup setup);

  RenewalView renewal() const override;
  bool has_ordered(const std::string& fingerprint) const override;
  absl::Status order_now() override;

  absl::Status read_record();
  void take_up_order();
  void save(const AcmeRecord& record);
  base::WallTime due(const AcmeRecord& record, base::WallTime now) const;
  base::WallTime next_order_locked(base::WallTime now) const;
  void run(const std::stop_token& stop);
  void order(const std::stop_token& stop);
  void note_success(const OrderedPair& pair);
  void note_failure(const LegoFailure& failure);

  const Setup setup_;
  AcmeOrder order_;  // of the thread
  const metrics::Counter successes_;
  const metrics::Counter failures_;

  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  AcmeRecord record_;
  bool is_asked_ = false;  // by order_now()
  std::jthread thread_;
};

}  // namespace mex::certificates
