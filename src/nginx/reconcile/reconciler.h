#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "nginx/reconcile/change_turn.h"
#include "nginx/reconcile/instance_resolver.h"
#include "nginx/reconcile/instance_store.h"
#include "nginx/reconcile/instance_table.h"
#include "nginx/reconcile/instances_context.h"
#include "nginx/reconcile/origin_health.h"
#include "nginx/runtime/runtime.h"

namespace mex::nginx {

// Makes desired instances run, and run again when something ended them. A thread compares once a
// second: it starts what is missing, removes what is orphaned, and passes on a new certificate, new
// addresses of origins and other masters of clusters.
class Reconciler {
 public:
  // What it works with; all of it outlives the reconciler. Instances and the reconciler hold
  // `changes` through a whole change, so there is one at a time; it guards the resolver and the
  // runtime, too.
  struct Context {
    const InstancesContext& instances;
    ChangeTurn& changes;
    InstanceTable& table;
    InstanceStore& store;
    InstanceResolver& resolver;
    OriginHealth& health;
  };

  Reconciler(Context context, std::vector<std::unique_ptr<Runtime>> obsolete_runtimes);
  Reconciler(const Reconciler&) = delete;
  Reconciler& operator=(const Reconciler&) = delete;
  ~Reconciler();

  // Once.
  void start();
  // What a change that is under way listens to while it waits.
  std::stop_token stop_token() const { return stop_.get_token(); }
  // The next look is due now. Any thread.
  void wake();

 private:
  void run();
  void remove_obsolete();
  void reconcile_all();
  void remove_orphans(const std::vector<RunningInstance>& running)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(context_.changes);
  void note_unseen(const absl::Status& status);
  bool reconcile_one(const std::string& name, const RunningInstance* running)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(context_.changes);
  absl::StatusOr<ResolvedInstance> resolve(const std::string& name, const InstanceEntry& entry)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(context_.changes);
  absl::Status renew_status_port(const std::string& name, InstanceEntry& entry)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(context_.changes);
  std::string active_generation(const std::string& name, const InstanceEntry& entry,
                                const std::string& run_id) const;
  void note_active(const std::string& name, const InstanceEntry& before, InstanceState state,
                   bool was_running);
  void note_problem(const std::string& name, const InstanceEntry& before,
                    const absl::Status& status, bool has_no_cluster, bool is_stopping);
  void stop_without_cluster(const std::string& name)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(context_.changes);
  void note_origins(const std::string& name, const InstanceEntry& before,
                    const ResolvedInstance& resolved)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(context_.changes);
  void count_sessions();
  void warn(const InstanceEntry& before, std::string_view reason, std::string_view problem) const;

  const Context context_;
  std::vector<std::unique_ptr<Runtime>> obsolete_runtimes_;  // the thread's alone
  base::SteadyTime count_at_{};                              // the thread's alone
  base::Mutex wake_mutex_;
  base::CondVar wake_;
  bool is_due_ ABSL_GUARDED_BY(wake_mutex_) = false;
  std::stop_source stop_;
  std::jthread thread_;
};

}  // namespace mex::nginx
