#pragma once

#include <chrono>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/thread_pool.h"
#include "cluster/audit/due_job.h"
#include "cluster/observation/timers.h"
#include "cluster/plan/plan.h"
#include "cluster/records/inventory.h"
#include "cluster/records/journal.h"
#include "cluster/steps/cloud.h"
#include "cluster/steps/timing.h"
#include "store/store.h"

namespace mex::cluster {

// Finds and removes what belongs to clusters that were destroyed: a call that was held up on its
// way (a proxy, a queue) can take effect after the destroy's last audit. What is found goes by the
// rules of a destroy, with two proofs: our mark with the id of a cluster that the store knows as
// destroyed, and a name that only that cluster gave. Thread-safe.
class OrphanCollector {
 public:
  // All references outlive the collector; timers and pool are stopped before it goes.
  OrphanCollector(Cloud& cloud, store::Store& store, std::string agent_id, base::ThreadPool& pool,
                  Timers& timers, base::Clock& clock, const Timing& timing);

  // Sweeps after that pause, unless a sweep is due sooner, and then again from time to time as long
  // as there are destroyed clusters in the store. Does not block.
  void request(std::chrono::milliseconds pause) { job_.request(pause); }

 private:
  void sweep(const std::stop_token& stop);
  bool has_had_its_time(const DestroyedCluster& destroyed);
  absl::StatusOr<bool> collect(const ClusterRecord& cluster, const std::stop_token& stop);
  absl::StatusOr<Inventory> take_inventory(const ClusterRecord& cluster,
                                           const std::stop_token& stop);
  void remove(const ClusterRecord& cluster, const Plan& plan, const std::stop_token& stop);
  void forget(const std::string& cluster_id);

  Cloud& cloud_;
  store::Store& store_;
  const std::string agent_id_;
  base::Clock& clock_;
  const Timing timing_;
  // Until when each destroyed cluster is looked for, by its id. Only sweep() uses it.
  std::map<std::string, base::SteadyTime> ends_;
  DueJob job_;  // after all that it uses
};

}  // namespace mex::cluster
