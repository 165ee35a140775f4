#pragma once

#include <map>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "nginx/model/instance.h"
#include "nginx/reconcile/health_record.h"
#include "nginx/reconcile/probes.h"

namespace mex::nginx {

// One address of an origin that is looked after.
struct OriginHealthView {
  std::size_t port = 0;      // index in Instance::ports
  std::size_t origin = 0;    // index in Port::origins
  std::string address = {};  // "10.1.2.3:80"
  bool is_known = false;     // false: not asked yet; it counts as up
  bool is_up = true;
  std::string problem = {};  // of the latest attempt
  base::WallTime since{};
};

// Asks the origins of all instances whether they are in order, where ports want it. One thread of
// its own, whatever their number; Probes::kMostAtOnce at once. Thread-safe; no call waits.
class OriginHealth {
 public:
  explicit OriginHealth(const base::Clock& clock);  // outlives this object
  OriginHealth(const OriginHealth&) = delete;
  OriginHealth& operator=(const OriginHealth&) = delete;
  ~OriginHealth();

  // Looks after the origins of `resolved`, whose names have been looked up, from now on; `name` is
  // the instance's full name. Those that are down are said to be in Origin::down, unless an entry
  // would have no other: it may be us who do not see them.
  void run_reconciler(const std::string& name, Instance& resolved);
  // No others but these.
  void forget_all_but(const std::vector<std::string>& names);

  // True if every origin of the instance has been asked.
  bool is_known(const std::string& name) const;
  std::vector<OriginHealthView> view(const std::string& name) const;

 private:
  struct RuntimeLayout {
    std::size_t port = 0;
    std::size_t origin = 0;
    ProbeTarget target;

    bool operator==(const RuntimeLayout&) const = default;
  };
  struct Watched {
    HealthRecord record;
    base::SteadyTime next{};
    bool is_under_way = false;
  };

  static std::vector<RuntimeLayout> places_of(const Instance& resolved);
  void keep_wanted();
  void run(const std::stop_token& stop);
  std::chrono::milliseconds start_due();
  void take(const ProbeResult& result);

  const base::Clock& clock_;
  Probes probes_;  // the thread's
  mutable std::mutex mutex_;
  std::map<std::string, std::vector<RuntimeLayout>> places_;  // by instance
  std::map<ProbeTarget, Watched> watched_;
  std::jthread thread_;
};

}  // namespace mex::nginx
