#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "nginx/model/instance.h"
#include "nginx/model/users.h"
#include "nginx/reconcile/change_turn.h"
#include "nginx/reconcile/instance_resolver.h"
#include "nginx/reconcile/instance_store.h"
#include "nginx/reconcile/instance_table.h"
#include "nginx/reconcile/instances_context.h"
#include "nginx/reconcile/origin_health.h"
#include "nginx/reconcile/reconciler.h"
#include "nginx/runtime/traffic.h"

namespace mex::nginx {

struct InstanceView {
  Instance instance;
  base::WallTime changed_at{};
  std::string problem;       // why it does not run as it should; empty: it does
  bool is_stopping = false;  // it still runs; when it has stopped, it is down
  std::vector<OriginProblem> origin_problems = {};  // of single origins, while it runs
  std::uint64_t active_connections = 0;  // HTTP, of clients; some seconds old, as the traffic is
  Traffic traffic;
  std::vector<OriginHealthView> health;  // of origins with a health check
};

// The desired nginx instances, as the API sees them: checked, stored, and active when a call
// returns. The reconciler keeps them running. Thread-safe; changes wait for the runtime and for
// each other, with a deadline, list() and get() for nothing.
//
// An instance is active when its own status server reports it, not when a call succeeded.
class Instances {
 public:
  explicit Instances(InstancesContext context);
  Instances(const Instances&) = delete;
  Instances& operator=(const Instances&) = delete;
  // Instances go on: traffic flows while the agent is restarted.
  ~Instances() = default;

  // Reads the store and starts the reconciler. Called once, first. An instance whose record cannot
  // be read is set aside: what runs of it goes on, its name and ports stay taken, and the calls
  // below answer FailedPrecondition for it.
  absl::Status restore();

  // Active when it returns OK; the same name replaces, without losing a connection. If not OK,
  // everything is as it was.
  //   InvalidArgument     names the field
  //   AlreadyExists       a port or the container's name is taken; says by whom
  //   FailedPrecondition  no runtime, no certificate, a name that does not resolve; or nginx's
  //   words Unavailable         from the engine or the store; or other changes take too long
  //   Aborted             another call is changing this instance
  absl::Status add(const Instance& instance);

  // Gone when it returns OK; connections are cut. One that does not exist is gone already.
  // Unavailable and Aborted as above.
  absl::Status remove(Kind kind, const std::string& name);

  // Sorted by name.
  std::vector<InstanceView> list(Kind kind) const;
  // NotFound.
  absl::StatusOr<InstanceView> get(Kind kind, const std::string& name) const;

  // The users of instances that ask for a password. A change is active within seconds.
  Users& users() { return users_; }
  const Users& users() const { return users_; }

  // "docker", "process"; "" without one.
  std::string_view runtime_kind() const;

 private:
  absl::Status check_addable(const Instance& instance) const;
  absl::Status put_active(const Instance& instance, const std::string& name)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(changes_);
  absl::Status remove_active(const std::string& name) ABSL_EXCLUSIVE_LOCKS_REQUIRED(changes_);
  absl::Status busy() const;
  absl::StatusOr<ResolvedInstance> resolve(const Instance& instance)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(changes_);
  absl::Status check_ports(const ResolvedInstance& resolved, const InstanceEntry* previous) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(changes_);
  void undo(const InstanceEntry& entry, const InstanceEntry* previous)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(changes_);
  InstanceView view_of(const InstanceEntry& entry) const;

  InstancesContext context_;
  ChangesUnderWay under_way_;
  ChangeTurn changes_;   // held through a whole change; guards the runtime, too
  InstanceTable table_;  // written under `changes_`
  InstanceStore store_;
  Users users_;
  OriginHealth health_;
  InstanceResolver resolver_ ABSL_GUARDED_BY(changes_);
  Reconciler reconciler_;
};

}  // namespace mex::nginx
