#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "cluster/health/kubernetes_sweep.h"
#include "cluster/observation/sweep_queue.h"
#include "cluster/observation/timers.h"
#include "cluster/steps/timing.h"
#include "kubernetes/client.h"
#include "kubernetes/prober.h"

namespace mex::cluster {

// When an API server is to be asked, and among which others.
struct NextSweep {
  std::chrono::milliseconds pause{0};
  SweepLane lane = SweepLane::Regular;
};

// The cluster that a KubernetesMonitor watches. Called without the monitor's lock.
class KubernetesObserver {
 public:
  virtual ~KubernetesObserver() = default;

  // How its API server is called, or why it cannot be; nothing if it is not to be asked now.
  virtual std::optional<absl::StatusOr<std::shared_ptr<kubernetes::Client>>> api_server() = 0;
  // Returns when the next sweep is due; nothing if there is to be none.
  virtual std::optional<NextSweep> observe_kubernetes(KubernetesSweep sweep) = 0;
};

// Asks the API server of one cluster how it is, again and again, one sweep at a time. A sweep has a
// slot of the queue and a connection, and no thread, so that it may take as long as it is allowed
// to. Thread-safe.
class KubernetesMonitor {
 public:
  // `prober` may be null: then nothing is asked. All references outlive the monitor.
  KubernetesMonitor(kubernetes::Prober* prober, SweepQueue& queue, Timers& timers,
                    const base::Clock& clock, const Timing& timing);

  // The next sweep is `next`, whatever was scheduled before; one that is under way ends first. The
  // monitor belongs to `observer`: it is not used when that is gone.
  void request(const std::weak_ptr<KubernetesObserver>& observer, const NextSweep& next);

 private:
  using Observer = std::shared_ptr<KubernetesObserver>;

  void schedule(const std::weak_ptr<KubernetesObserver>& observer, const NextSweep& next)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void enqueue(const std::weak_ptr<KubernetesObserver>& observer, SweepLane lane,
               std::uint64_t ticket);
  bool begin(std::uint64_t ticket);
  void sweep(const Observer& observer, SweepQueue::Slot slot);
  void observe(const Observer& observer, kubernetes::ProbeResult result);
  void end(const Observer& observer, std::optional<NextSweep> next);

  kubernetes::Prober* const prober_;
  SweepQueue& queue_;
  Timers& timers_;
  const base::Clock& clock_;
  const Timing& timing_;
  base::Mutex mutex_;  // taken after the observer's, and before the timers' and the queue's
  // Of the sweep that counts: scheduling again makes others void.
  std::uint64_t ticket_ ABSL_GUARDED_BY(mutex_) = 0;
  std::optional<SweepQueue::Place> place_ ABSL_GUARDED_BY(mutex_);  // of it, while it waits
  bool is_sweeping_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<NextSweep> requested_ ABSL_GUARDED_BY(mutex_);  // during the sweep
};

}  // namespace mex::cluster
