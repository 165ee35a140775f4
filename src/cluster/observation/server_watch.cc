#include "cluster/observation/server_watch.h"

#include <algorithm>
#include <utility>

namespace mex::cluster {

std::chrono::milliseconds next_pause(const Timing& timing, SweepInterest interest, bool is_changed,
                                     std::chrono::milliseconds last,
                                     std::chrono::milliseconds took) {
  if (interest != SweepInterest::Urgent) return timing.idle_tick;
  const auto chosen = is_changed ? timing.shortest_tick : last + last / 8;
  return std::clamp(std::max(chosen, 2 * took), timing.shortest_tick, timing.longest_tick);
}

ServerWatch::ServerWatch(Cloud& cloud, std::string agent_id, base::ThreadPool& pool, Timers& timers,
                         base::Clock& clock, const Timing& timing,
                         std::function<Observers()> observers)
    : timing_(timing),
      sweeper_(cloud, std::move(agent_id), clock, timing_),
      pool_(pool),
      timers_(timers),
      clock_(clock),
      observers_(std::move(observers)),
      pause_(timing.shortest_tick) {}

void ServerWatch::request() {
  const base::MutexLock lock(mutex_);
  pause_ = timing_.shortest_tick;
  // One request is enough for the tick that is coming; the tick under way may have come too early.
  if (is_requested_) return;
  is_requested_ = true;
  if (!is_sweeping_) schedule(pause_);
}

void ServerWatch::schedule(std::chrono::milliseconds delay) {
  const std::uint64_t ticket = ++ticket_;
  timers_.call_after(delay, [this, ticket] { tick(ticket); });
}

void ServerWatch::tick(std::uint64_t ticket) {
  {
    const base::MutexLock lock(mutex_);
    if (ticket != ticket_) return;
    is_sweeping_ = true;
    is_requested_ = false;
  }
  pool_.submit([this](const std::stop_token& stop) { run(stop); });
}

void ServerWatch::run(const std::stop_token& stop) {
  const auto begin = clock_.steady_now();
  const Observers observers = observers_();
  std::vector<ExpectedServer> expected;
  for (const auto& observer : observers) {
    for (ExpectedServer& server : observer->expected_servers()) {
      expected.push_back(std::move(server));
    }
  }
  const ServerSweep seen = sweeper_.sweep(expected, stop);
  if (stop.stop_requested()) return;
  const auto took =
      std::chrono::duration_cast<std::chrono::milliseconds>(clock_.steady_now() - begin);
  bool is_changed = false;
  SweepInterest interest = SweepInterest::None;
  for (const auto& observer : observers) is_changed = observer->observe(seen) || is_changed;
  for (const auto& observer : observers) {
    interest = std::max(interest, observer->act_on_observations());
  }
  const base::MutexLock lock(mutex_);
  is_sweeping_ = false;
  if (is_requested_) interest = SweepInterest::Urgent;
  pause_ = next_pause(timing_, interest, is_changed || is_requested_, pause_, took);
  if (interest != SweepInterest::None) schedule(pause_);
}

}  // namespace mex::cluster
