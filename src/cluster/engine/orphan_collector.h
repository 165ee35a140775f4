#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/thread_pool.h"
#include "cluster/engine/timer.h"
#include "cluster/plan/plan.h"
#include "cluster/records/inventory.h"
#include "cluster/records/journal.h"
#include "cluster/steps/cloud.h"
#include "cluster/steps/timing.h"
#include "store/store.h"

namespace mex::cluster {

// Looks again for what belongs to clusters that were destroyed: a call that was held up on its way
// (a proxy, a queue) can take effect after the destroy's last audit. What is found goes by the
// rules of a destroy, with two proofs: our mark with the id of a cluster that the store knows as
// destroyed, and a name that only that cluster gave. Thread-safe.
class OrphanCollector {
 public:
  // All references outlive the sweep; the timer and the pool are stopped before it goes.
  OrphanCollector(Cloud& cloud, store::Store& store, std::string agent_id, base::ThreadPool& pool,
                  Timer& timer, base::Clock& clock, const Timing& timing);

  // Looks after that pause, unless a look is due sooner, and then again from time to time as long
  // as there are destroyed clusters to look for. Does not block.
  void run_reconciler(std::chrono::milliseconds pause);

 private:
  void tick(std::uint64_t ticket);
  void sweep(const std::stop_token& stop);
  absl::StatusOr<bool> clear(const ClusterRecord& cluster, const std::stop_token& stop);
  absl::StatusOr<Inventory> take_inventory(const ClusterRecord& cluster,
                                           const std::stop_token& stop);
  void remove(const ClusterRecord& cluster, const Plan& plan, const std::stop_token& stop);
  void forget(const std::string& cluster_id);

  Cloud& cloud_;
  store::Store& store_;
  const std::string agent_id_;
  base::ThreadPool& pool_;
  Timer& timer_;
  base::Clock& clock_;
  const Timing timing_;
  std::mutex mutex_;
  std::uint64_t ticket_ = 0;             // of the look that is due: planning another makes it void
  std::optional<base::SteadyTime> due_;  // when that is; nothing if none is
};

}  // namespace mex::cluster
