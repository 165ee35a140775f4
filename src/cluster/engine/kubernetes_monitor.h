#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/thread_pool.h"
#include "cluster/engine/timers.h"
#include "cluster/health/kubernetes_sweep.h"
#include "cluster/steps/cloud.h"
#include "cluster/steps/timing.h"
#include "kubernetes/client.h"

namespace mex::cluster {

// The cluster that a KubernetesMonitor watches. Called without the monitor's lock.
class KubernetesObserver {
 public:
  // What one sweep asks.
  struct Target {
    absl::StatusOr<std::shared_ptr<kubernetes::Client>> client;
    std::map<std::string, std::string> consoles;  // of these servers, by slot
    // Masters whose certificates are to be read, and who must have signed them.
    std::vector<std::string> certificates_of{};
    std::string authority_pem{};
  };

  virtual ~KubernetesObserver() = default;

  // Nothing if the API server is not to be asked now.
  virtual std::optional<Target> kubernetes_target() = 0;
  // Returns the pause before the next sweep; nothing if there is to be none.
  virtual std::optional<std::chrono::milliseconds> observe_kubernetes(KubernetesSweep sweep) = 0;
};

// Asks the API server of one cluster how it is, again and again, and Nova for the consoles of
// machines that are awaited. Sweeps have their pool of threads, so that silent API servers keep no
// call to the cloud waiting. Thread-safe.
class KubernetesMonitor {
 public:
  // `cloud` may be null: then nothing is asked. All references outlive the monitor.
  KubernetesMonitor(Cloud* cloud, base::ThreadPool& pool, Timers& timers, base::Clock& clock,
                    const Timing& timing);

  // The next sweep comes after `pause`, whatever was scheduled before. The monitor belongs to
  // `observer`: it is not used when that is gone.
  void request(const std::weak_ptr<KubernetesObserver>& observer, std::chrono::milliseconds pause);

 private:
  void schedule(const std::weak_ptr<KubernetesObserver>& observer, std::chrono::milliseconds pause)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool is_current(std::uint64_t ticket);
  void run(const std::shared_ptr<KubernetesObserver>& observer, std::uint64_t ticket,
           const std::stop_token& stop);
  KubernetesSweep sweep(const KubernetesObserver::Target& target, const std::stop_token& stop);

  Cloud* cloud_;
  base::ThreadPool& pool_;
  Timers& timers_;
  base::Clock& clock_;
  const Timing& timing_;
  base::Mutex mutex_;  // taken after the observer's, and before the timers'
  // Of the sweep that counts: scheduling again makes others void.
  std::uint64_t ticket_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace mex::cluster
