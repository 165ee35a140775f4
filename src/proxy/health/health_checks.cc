#include "proxy/health/health_checks.h"

#include <utility>

namespace mex::proxy::health {

void HealthChecks::use(const OriginSets& sets) {
  Checks next;
  for (const auto& set : sets) {
    if (set->options().health_check.type == balance::CheckType::None) continue;
    const auto& members = set->group().members();
    for (std::size_t i = 0; i < members.size(); ++i) {
      next[members[i].state.get()] = check_for(set, i);
    }
  }
  std::swap(checks_, next);
  for (const auto& [state, check] : next) {
    if (check == nullptr || checks_.contains(state)) continue;
    check->state().set_check(balance::CheckResult::None, 0, 0, context_.loop.now());
  }
}

std::unique_ptr<OriginCheck> HealthChecks::check_for(
    const std::shared_ptr<const route::OriginSet>& set, std::size_t index) {
  const auto found = checks_.find(set->group().members()[index].state.get());
  if (found != checks_.end() && found->second != nullptr && found->second->move_to(set, index)) {
    return std::move(found->second);
  }
  return std::make_unique<OriginCheck>(context_, set, index, next_seed_++);
}

}  // namespace mex::proxy::health
