#pragma once

#include <chrono>
#include <map>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "nginx/model/instance.h"
#include "nginx/reconcile/health_record.h"
#include "nginx/reconcile/probes.h"
#include "nginx/render/resolved_instance.h"

namespace mex::nginx {

// One address of an origin that is probed.
struct OriginHealthView {
  std::size_t port = 0;      // index in Instance::ports
  std::size_t origin = 0;    // index in Port::origins
  std::string address = {};  // "10.1.2.3:80"
  bool is_known = false;     // false: not probed yet; it counts as up
  bool is_up = true;
  std::string problem = {};  // of the latest attempt
  base::WallTime since{};
};

// Probes the origins of all instances whose ports have a health check. One thread, whatever their
// number; at most Probes::kMaxAtOnce probes at once. Thread-safe; no call waits.
class OriginHealth {
 public:
  explicit OriginHealth(const base::Clock& clock);  // outlives this object
  OriginHealth(const OriginHealth&) = delete;
  OriginHealth& operator=(const OriginHealth&) = delete;
  ~OriginHealth();

  // Probes the origins of `instance` from now on, instead of those that it had before; `name` is
  // its full name.
  void watch(const std::string& name, const ResolvedInstance& instance);
  // Ends the probes of all other instances.
  void retain_only(const std::vector<std::string>& names);

  // Names the origins that are down in ResolvedOrigin::down, unless an entry of the instance would
  // have no other: it may be the agent who does not reach them.
  void mark_down(ResolvedInstance& instance) const;

  // True if every origin of the instance has been probed.
  bool is_known(const std::string& name) const;
  // Of those origins that `instance` has in the place where they are watched: after a change, an
  // origin's health is not shown as another's.
  std::vector<OriginHealthView> view(const std::string& name, const Instance& instance) const;

 private:
  // An address that is watched, and whose it is.
  struct Placement {
    std::size_t port = 0;
    std::size_t origin = 0;
    Origin of;
    ProbeTarget target;

    bool operator==(const Placement&) const = default;
  };
  struct Watched {
    HealthRecord record;
    base::SteadyTime next{};
    bool is_under_way = false;
  };

  static std::vector<Placement> placements_of(const ResolvedInstance& instance);
  void update_targets() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void run(const std::stop_token& stop);
  std::chrono::milliseconds start_due();
  void record(const ProbeResult& result);

  const base::Clock& clock_;
  Probes probes_;  // the thread's, except for wake()
  mutable base::Mutex mutex_;
  std::map<std::string, std::vector<Placement>> placements_ ABSL_GUARDED_BY(mutex_);  // by instance
  std::map<ProbeTarget, Watched> watched_ ABSL_GUARDED_BY(mutex_);
  std::jthread thread_;
};

}  // namespace mex::nginx
