#pragma once

#include <chrono>
#include <memory>
#include <stop_token>
#include <thread>

#include "base/clock.h"
#include "base/mutex.h"
#include "openstack/cinder.h"
#include "openstack/cloud_view.h"
#include "openstack/neutron.h"
#include "openstack/nova.h"
#include "openstack/session.h"

namespace mex::openstack {

// Looks at the cloud when it is made and at intervals, so that what is wrong with it is known and
// in the log before an operation needs it: login, region, services, quotas. A look is six calls
// (seven where the cloud has volumes) one after the other, on a thread that nothing else waits for.
// It is soon followed by another one after a call of the agent's has failed, or has succeeded while
// the cloud was not available. A login that is refused is tried ever more seldom, so that no
// account is locked. Thread-safe.
class CloudMonitor {
 public:
  struct Timing {
    std::chrono::milliseconds look{std::chrono::minutes(1)};      // for all calls of one look
    std::chrono::milliseconds interval{std::chrono::minutes(1)};  // while nothing is wrong
    std::chrono::milliseconds soon{std::chrono::seconds(5)};      // the shortest pause
    std::chrono::milliseconds refused{std::chrono::minutes(15)};  // the longest after a refusal
  };

  // The session and the services outlive the monitor.
  CloudMonitor(Session& session, Nova& nova, Neutron& neutron, Cinder& cinder)
      : CloudMonitor(session, nova, neutron, cinder, Timing()) {}
  CloudMonitor(Session& session, Nova& nova, Neutron& neutron, Cinder& cinder, Timing timing);
  // There is no cloud to look at, for that reason.
  explicit CloudMonitor(absl::Status problem);
  CloudMonitor(const CloudMonitor&) = delete;
  CloudMonitor& operator=(const CloudMonitor&) = delete;
  ~CloudMonitor();  // gives up the call under way

  CloudView view() const;

 private:
  class Look;

  void run(const std::stop_token& stop);
  void publish(CloudView seen);

  Session* const session_;  // null without a cloud
  Nova* const nova_ = nullptr;
  Neutron* const neutron_ = nullptr;
  Cinder* const cinder_ = nullptr;
  const Timing timing_{};
  mutable base::Mutex mutex_;
  CloudView view_ ABSL_GUARDED_BY(mutex_);
  std::jthread thread_;
};

// The pause before the next look: `timing.interval` while all is well, and from `timing.soon` on
// ever longer after so many looks in a row that found the cloud in `state`.
std::chrono::milliseconds pause_after_look(const CloudMonitor::Timing& timing, CloudState state,
                                           int looks);

}  // namespace mex::openstack
