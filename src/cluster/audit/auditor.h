#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/thread_pool.h"
#include "cluster/audit/audited_cluster.h"
#include "cluster/audit/orphans.h"
#include "cluster/observation/timers.h"
#include "cluster/steps/cloud.h"
#include "cluster/steps/project_inventory.h"
#include "cluster/steps/timing.h"

namespace mex::cluster {

// Compares, at intervals and without end, what the cloud holds with this agent's mark with what its
// clusters are: one look at the project for all of them. What belongs to none is an orphan.
// Thread-safe.
class Auditor {
 public:
  // `clusters` is called without locks. All references outlive the auditor; timers and pool are
  // stopped before it goes.
  Auditor(Cloud& cloud, std::string agent_id, base::ThreadPool& pool, Timers& timers,
          base::Clock& clock, const Timing& timing,
          std::function<absl::StatusOr<AuditedClusters>()> clusters);

  // The next look comes after that pause, unless one is due sooner. Does not block.
  void request(std::chrono::milliseconds pause);

  OrphansView orphans() const { return orphans_.view(); }
  // Removes them, as far as the mark is still on them; they stay in the list until they are gone.
  // NotFound if one of the ids is none of an orphan's. Does not wait for the cloud.
  absl::Status remove_orphans(const std::vector<std::string>& ids);

 private:
  void start(std::uint64_t ticket);
  void look(const std::stop_token& stop);
  // The pause before the next look.
  absl::StatusOr<std::chrono::milliseconds> audit(const std::stop_token& stop);
  void remove_requested(const std::stop_token& stop);

  Cloud& cloud_;
  const std::string agent_id_;
  base::ThreadPool& pool_;
  Timers& timers_;
  base::Clock& clock_;
  const Timing timing_{};
  const std::function<absl::StatusOr<AuditedClusters>()> clusters_;
  Orphans orphans_;
  base::Mutex mutex_;  // taken before the timers'
  // Of the look that is due: scheduling another makes it void.
  std::uint64_t ticket_ ABSL_GUARDED_BY(mutex_) = 0;
  std::optional<base::SteadyTime> due_ ABSL_GUARDED_BY(mutex_);  // nothing if none is
};

}  // namespace mex::cluster
