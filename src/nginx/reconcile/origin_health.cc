#include "nginx/reconcile/origin_health.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <set>
#include <utility>

#include "base/log.h"

namespace mex::nginx {
namespace {

constexpr std::chrono::minutes kIdle{1};
// While as many probes run as may at once.
constexpr std::chrono::milliseconds kCrowded{50};

}  // namespace

OriginHealth::OriginHealth(const base::Clock& clock)
    : clock_(clock), thread_([this](const std::stop_token& stop) { run(stop); }) {}

OriginHealth::~OriginHealth() {
  thread_.request_stop();
  probes_.wake();
}

std::vector<OriginHealth::Placement> OriginHealth::placements_of(const ResolvedInstance& instance) {
  std::vector<Placement> placements;
  for (std::size_t i = 0; i < instance.desired.ports.size(); ++i) {
    const Port& port = instance.desired.ports[i];
    if (!port.health) continue;
    const ResolvedOrigins& origins = instance.origins[i];
    for (std::size_t k = 0; k < origins.size(); ++k) {
      for (std::string& address : origins[k].hosts()) {
        placements.push_back({i,
                              k,
                              origins[k].origin,
                              {.address = std::move(address),
                               .port = origins[k].origin.port,
                               // As nginx names it.
                               .host = origins.front().origin.text(),
                               .send_proxy_protocol = port.send_proxy_protocol,
                               .check = *port.health}});
      }
    }
  }
  return placements;
}

void OriginHealth::watch(const std::string& name, const ResolvedInstance& instance) {
  std::vector<Placement> placements = placements_of(instance);
  const base::MutexLock lock(mutex_);
  const auto found = placements_.find(name);
  if (found == placements_.end() ? placements.empty() : found->second == placements) return;
  if (placements.empty()) {
    placements_.erase(found);
  } else {
    placements_[name] = std::move(placements);
  }
  update_targets();
}

void OriginHealth::mark_down(ResolvedInstance& instance) const {
  const std::vector<Placement> placements = placements_of(instance);
  const base::MutexLock lock(mutex_);
  for (std::size_t i = 0; i < instance.origins.size(); ++i) {
    std::vector<const Placement*> down;
    std::ptrdiff_t all = 0;
    for (const Placement& placement : placements) {
      if (placement.port != i) continue;
      ++all;
      const auto found = watched_.find(placement.target);
      if (found != watched_.end() && !found->second.record.is_up()) down.push_back(&placement);
    }
    if (std::ssize(down) == all) continue;
    for (const Placement* placement : down) {
      instance.origins[i][placement->origin].down.push_back(placement->target.address);
    }
  }
}

void OriginHealth::retain_only(const std::vector<std::string>& names) {
  const std::set<std::string> kept(names.begin(), names.end());
  const base::MutexLock lock(mutex_);
  if (std::erase_if(placements_, [&](const auto& each) { return !kept.contains(each.first); }) >
      0) {
    update_targets();
  }
}

// Several instances may have a target in common.
void OriginHealth::update_targets() {
  std::set<ProbeTarget> targets;
  for (const auto& [name, placements] : placements_) {
    for (const Placement& placement : placements) targets.insert(placement.target);
  }
  std::erase_if(watched_, [&](const auto& each) { return !targets.contains(each.first); });
  for (const ProbeTarget& target : targets) watched_.try_emplace(target);
  probes_.wake();
}

bool OriginHealth::is_known(const std::string& name) const {
  const base::MutexLock lock(mutex_);
  const auto found = placements_.find(name);
  if (found == placements_.end()) return true;
  for (const Placement& placement : found->second) {
    if (!watched_.at(placement.target).record.is_known()) return false;
  }
  return true;
}

std::vector<OriginHealthView> OriginHealth::view(const std::string& name,
                                                 const Instance& instance) const {
  const base::MutexLock lock(mutex_);
  std::vector<OriginHealthView> views;
  const auto found = placements_.find(name);
  if (found == placements_.end()) return views;
  for (const Placement& placement : found->second) {
    const bool is_there = placement.port < instance.ports.size() &&
                          placement.origin < instance.ports[placement.port].origins.size() &&
                          instance.ports[placement.port].origins[placement.origin] == placement.of;
    if (!is_there) continue;
    const HealthRecord& record = watched_.at(placement.target).record;
    views.push_back({.port = placement.port,
                     .origin = placement.origin,
                     .address = placement.target.text(),
                     .is_known = record.is_known(),
                     .is_up = record.is_up(),
                     .problem = record.problem(),
                     .since = record.since()});
  }
  return views;
}

void OriginHealth::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const std::chrono::milliseconds pause = start_due();
    for (const ProbeResult& result : probes_.wait(pause)) record(result);
  }
}

// Returns how long nothing else is due. The longest overdue come first, so no target starves.
std::chrono::milliseconds OriginHealth::start_due() {
  const base::MutexLock lock(mutex_);
  const base::SteadyTime now = clock_.steady_now();
  std::vector<std::pair<base::SteadyTime, const ProbeTarget*>> due;
  base::SteadyTime next = now + kIdle;
  for (const auto& [target, watched] : watched_) {
    if (watched.is_under_way) continue;
    if (watched.next <= now) {
      due.emplace_back(watched.next, &target);
    } else {
      next = std::min(next, watched.next);
    }
  }
  std::sort(due.begin(), due.end());
  for (const auto& [since, target] : due) {
    if (!probes_.start(*target)) {
      next = std::min<base::SteadyTime>(next, now + kCrowded);
      continue;
    }
    Watched& watched = watched_.at(*target);
    watched.is_under_way = true;
    watched.next = now + target->check.interval;
  }
  return std::chrono::ceil<std::chrono::milliseconds>(next - now);
}

void OriginHealth::record(const ProbeResult& result) {
  const base::MutexLock lock(mutex_);
  const auto found = watched_.find(result.target);
  if (found == watched_.end()) return;  // its instance is gone
  found->second.is_under_way = false;
  if (!found->second.record.note(result.problem, result.target.check, clock_.wall_now())) return;
  if (found->second.record.is_up()) {
    log::info("an origin of nginx is healthy again", {{"origin", result.target.text()}});
  } else {
    log::warning("an origin of nginx is unhealthy",
                 {{"origin", result.target.text()}, {"reason", result.problem}});
  }
}

}  // namespace mex::nginx
