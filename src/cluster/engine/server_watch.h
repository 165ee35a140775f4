#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/thread_pool.h"
#include "cluster/engine/cluster_engine.h"
#include "cluster/engine/timer.h"
#include "cluster/steps/cloud.h"
#include "cluster/steps/timing.h"

namespace mex::cluster {

// Asks Nova for all servers of this agent in one list per tick, however many clusters and servers
// there are, and tells every cluster. The tick is short after something happened, grows while
// nothing does, and is never so short that the cloud does little else than answering it.
// Thread-safe.
class ServerWatch {
 public:
  using Engines = std::vector<std::shared_ptr<ClusterEngine>>;

  // `engines` gives those to tell; it is called without locks. All references outlive the watch.
  ServerWatch(Cloud& cloud, std::string agent_id, base::ThreadPool& pool, Timer& timer,
              base::Clock& clock, const Timing& timing, std::function<Engines()> engines);

  // Somebody waits for a server from now on.
  void want();

 private:
  void schedule(std::chrono::milliseconds delay);  // with the mutex held
  void tick(std::uint64_t ticket);
  ServerSweep sweep(const std::stop_token& stop);
  void add_faults(std::vector<openstack::Server>& servers, const openstack::CallContext& context);

  Cloud& cloud_;
  const std::string agent_id_;
  base::ThreadPool& pool_;
  Timer& timer_;
  base::Clock& clock_;
  const Timing timing_;
  const std::function<Engines()> engines_;
  std::map<std::string, std::string> faults_;  // by server; of the sweep under way alone
  std::mutex mutex_;
  std::uint64_t ticket_ = 0;  // of the tick that counts: scheduling again makes others void
  std::chrono::milliseconds pause_;
  bool is_wanted_ = false;  // since the tick under way began
  bool is_sweeping_ = false;
};

// The pause before the next tick: the shortest after a change, otherwise an eighth longer than the
// last one; at least twice as long as the list took.
std::chrono::milliseconds next_pause(const Timing& timing, SweepInterest interest, bool is_changed,
                                     std::chrono::milliseconds last,
                                     std::chrono::milliseconds took);

}  // namespace mex::cluster
