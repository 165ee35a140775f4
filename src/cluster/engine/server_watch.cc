#include "cluster/engine/server_watch.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "cluster/spec/resource.h"

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
    : cloud_(cloud),
      agent_id_(std::move(agent_id)),
      pool_(pool),
      timers_(timers),
      clock_(clock),
      timing_(timing),
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
  const ServerSweep seen = sweep(stop);
  if (stop.stop_requested()) return;
  const auto took =
      std::chrono::duration_cast<std::chrono::milliseconds>(clock_.steady_now() - begin);
  bool is_changed = false;
  SweepInterest interest = SweepInterest::None;
  for (const auto& observer : observers_()) {
    is_changed = observer->observe(seen) || is_changed;
    interest = std::max(interest, observer->interest());
  }
  const base::MutexLock lock(mutex_);
  is_sweeping_ = false;
  if (is_requested_) interest = SweepInterest::Urgent;
  pause_ = next_pause(timing_, interest, is_changed || is_requested_, pause_, took);
  if (interest != SweepInterest::None) schedule(pause_);
}

ServerSweep ServerWatch::sweep(const std::stop_token& stop) {
  const openstack::CallContext context{{clock_.steady_now() + timing_.call, stop}};
  openstack::ServerFilter ours;
  ours.tags = {agent_tag(agent_id_)};
  auto servers = cloud_.nova.list_servers(ours, context);
  ServerSweep sweep;
  sweep.seen = clock_.wall_now();
  sweep.status = servers.status();
  if (servers.ok()) {
    sweep.servers = *std::move(servers);
    add_faults(sweep.servers, context);
  } else if (!stop.stop_requested()) {
    log::warning("the servers could not be listed", {{"status", servers.status()}});
  }
  return sweep;
}

// A list often lacks the reason why a server is in ERROR (one that no host took has it in another
// of Nova's databases). It is asked for once for each such server.
void ServerWatch::add_faults(std::vector<openstack::Server>& servers,
                             const openstack::CallContext& context) {
  std::map<std::string, std::string> known = std::move(faults_);
  faults_.clear();
  for (openstack::Server& server : servers) {
    if (server.status != "ERROR" || !server.fault.empty()) continue;
    if (const auto before = known.find(server.id); before != known.end()) {
      server.fault = before->second;
    } else if (const auto whole = cloud_.nova.get_server(server.id, context); whole.ok()) {
      server.fault = whole->fault;
    } else {
      continue;  // asked for again with the next sweep
    }
    faults_[server.id] = server.fault;
  }
}

}  // namespace mex::cluster
