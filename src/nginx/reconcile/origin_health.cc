#include "nginx/reconcile/origin_health.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

#include "base/log.h"

namespace mex::nginx {
namespace {

constexpr std::chrono::minutes kIdle{1};
// When as many are asked as may be at once.
constexpr std::chrono::milliseconds kCrowded{50};

}  // namespace

OriginHealth::OriginHealth(const base::Clock& clock)
    : clock_(clock), thread_([this](const std::stop_token& stop) { run(stop); }) {}

OriginHealth::~OriginHealth() {
  thread_.request_stop();
  probes_.wake();
}

std::vector<OriginHealth::RuntimeLayout> OriginHealth::places_of(const Instance& resolved) {
  std::vector<RuntimeLayout> places;
  for (std::size_t i = 0; i < resolved.ports.size(); ++i) {
    const Port& port = resolved.ports[i];
    if (!port.health) continue;
    for (std::size_t k = 0; k < port.origins.size(); ++k) {
      for (std::string& address : port.origins[k].hosts()) {
        places.push_back({i,
                          k,
                          {.address = std::move(address),
                           .port = port.origins[k].port,
                           // As nginx names it.
                           .host = port.origins.front().text(),
                           .send_proxy_protocol = port.send_proxy_protocol,
                           .check = *port.health}});
      }
    }
  }
  return places;
}

void OriginHealth::run_reconciler(const std::string& name, Instance& resolved) {
  std::vector<RuntimeLayout> places = places_of(resolved);
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < resolved.ports.size(); ++i) {
    const auto is_down = [&](const RuntimeLayout& place) {
      const auto found = watched_.find(place.target);
      return place.port == i && found != watched_.end() && !found->second.record.is_up();
    };
    const auto is_here = [&](const RuntimeLayout& place) { return place.port == i; };
    const auto all = std::count_if(places.begin(), places.end(), is_here);
    if (std::count_if(places.begin(), places.end(), is_down) == all) continue;
    for (const RuntimeLayout& place : places) {
      if (!is_down(place)) continue;
      resolved.ports[i].origins[place.origin].down.push_back(place.target.address);
    }
  }
  const auto found = places_.find(name);
  if (found == places_.end() ? places.empty() : found->second == places) return;
  if (places.empty()) {
    places_.erase(found);
  } else {
    places_[name] = std::move(places);
  }
  keep_wanted();
}

void OriginHealth::forget_all_but(const std::vector<std::string>& names) {
  const std::set<std::string> kept(names.begin(), names.end());
  const std::lock_guard lock(mutex_);
  if (std::erase_if(places_, [&](const auto& each) { return !kept.contains(each.first); }) > 0) {
    keep_wanted();
  }
}

// Several instances may want the same.
void OriginHealth::keep_wanted() {
  std::set<ProbeTarget> wanted;
  for (const auto& [name, places] : places_) {
    for (const RuntimeLayout& place : places) wanted.insert(place.target);
  }
  std::erase_if(watched_, [&](const auto& each) { return !wanted.contains(each.first); });
  for (const ProbeTarget& target : wanted) watched_.try_emplace(target);
  probes_.wake();
}

bool OriginHealth::is_known(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = places_.find(name);
  return found == places_.end() ||
         std::all_of(found->second.begin(), found->second.end(), [&](const RuntimeLayout& place) {
           return watched_.at(place.target).record.is_known();
         });
}

std::vector<OriginHealthView> OriginHealth::view(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  std::vector<OriginHealthView> views;
  const auto found = places_.find(name);
  if (found == places_.end()) return views;
  for (const RuntimeLayout& place : found->second) {
    const HealthRecord& record = watched_.at(place.target).record;
    views.push_back({.port = place.port,
                     .origin = place.origin,
                     .address = place.target.text(),
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
    for (const ProbeResult& result : probes_.wait(pause)) take(result);
  }
}

// How long nothing else is due. The longest overdue come first, so that all have their turn.
std::chrono::milliseconds OriginHealth::start_due() {
  const std::lock_guard lock(mutex_);
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

void OriginHealth::take(const ProbeResult& result) {
  const std::lock_guard lock(mutex_);
  const auto found = watched_.find(result.target);
  if (found == watched_.end()) return;  // nobody wants it any more
  found->second.is_under_way = false;
  if (!found->second.record.note(result.problem, result.target.check, clock_.wall_now())) return;
  if (found->second.record.is_up()) {
    log::info("an origin of nginx is in order again", {{"origin", result.target.text()}});
  } else {
    log::warning("an origin of nginx is not in order",
                 {{"origin", result.target.text()}, {"reason", result.problem}});
  }
}

}  // namespace mex::nginx
