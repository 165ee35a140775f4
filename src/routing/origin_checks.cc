#include "routing/origin_checks.h"

#include <utility>

#include "proxy/control.h"
#include "proxy/route/live_origins.h"

namespace mex::routing {

bool OriginChecks::put(const std::string& id, const RouteEntry& entry) {
  const base::MutexLock lock(mutex_);
  const auto type = entry.route.origin_set.health_check.type;
  if (entry.followed == nullptr || type == proxy::balance::CheckType::None) {
    const bool was_live = live_.erase(id) > 0;
    return checked_.put(id, *entry.active) || was_live;
  }
  checked_.erase(id);
  live_.insert_or_assign(id, entry.active);
  return true;
}

bool OriginChecks::erase(const std::string& id) {
  const base::MutexLock lock(mutex_);
  return live_.erase(id) > 0 || checked_.erase(id);
}

void OriginChecks::apply() const {
  if (control_ == nullptr) return;
  const base::MutexLock lock(mutex_);
  proxy::health::OriginSets sets = checked_.sets();
  for (const auto& [id, route] : live_) {
    if (auto set = route->live_origins()->published()->set) sets.push_back(std::move(set));
  }
  control_->check_health(std::move(sets));
}

}  // namespace mex::routing
