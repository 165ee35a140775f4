#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/thread_pool.h"
#include "cluster/observation/server_observer.h"
#include "cluster/observation/server_sweeper.h"
#include "cluster/observation/timers.h"
#include "cluster/steps/cloud.h"
#include "cluster/steps/timing.h"

namespace mex::cluster {

// Asks Nova for all servers of this agent in one list per tick, however many clusters and servers
// there are, and hands the list to every cluster. The tick is short after something happened, grows
// while nothing does, and is never so short that the cloud does little else than answering it; it
// never stops as long as there is a cluster.
// Thread-safe.
class ServerWatch {
 public:
  using Observers = std::vector<std::shared_ptr<ServerObserver>>;

  // `observers` gives those that hear of every list; it is called without locks. All references
  // outlive the watch.
  ServerWatch(Cloud& cloud, std::string agent_id, base::ThreadPool& pool, Timers& timers,
              base::Clock& clock, const Timing& timing, std::function<Observers()> observers);

  // An operation waits for a server from now on.
  void request();

 private:
  void schedule(std::chrono::milliseconds delay) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void tick(std::uint64_t ticket);
  void run(const std::stop_token& stop);

  const Timing timing_{};
  ServerSweeper sweeper_;  // of the sweep under way alone
  base::ThreadPool& pool_;
  Timers& timers_;
  base::Clock& clock_;
  const std::function<Observers()> observers_;
  base::Mutex mutex_;  // taken before the timers', never together with an observer's
  // Of the tick that counts: scheduling again makes others void.
  std::uint64_t ticket_ ABSL_GUARDED_BY(mutex_) = 0;
  std::chrono::milliseconds pause_ ABSL_GUARDED_BY(mutex_);
  bool is_requested_ ABSL_GUARDED_BY(mutex_) = false;  // since the tick under way began
  bool is_sweeping_ ABSL_GUARDED_BY(mutex_) = false;
};

// The pause before the next tick: the shortest after a change, otherwise an eighth longer than the
// last one; at least twice as long as the list took.
std::chrono::milliseconds next_pause(const Timing& timing, SweepInterest interest, bool is_changed,
                                     std::chrono::milliseconds last,
                                     std::chrono::milliseconds took);

}  // namespace mex::cluster
