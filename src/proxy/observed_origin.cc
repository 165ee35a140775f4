#include "proxy/observed_origin.h"

#include <fmt/format.h>

#include <string_view>

#include "proxy/upstream/fault_code.h"

namespace mex::proxy {
namespace {

using balance::Availability;
using balance::OriginState;

OriginCondition condition_of(Availability availability) {
  switch (availability) {
    case Availability::Healthy:
      break;
    case Availability::Ejected:
      return OriginCondition::Ejected;
    case Availability::TrialDue:
    case Availability::Trial:
      return OriginCondition::Trial;
    case Availability::Failing:
      return OriginCondition::Failing;
  }
  return OriginCondition::Healthy;
}

std::string reason_of(const OriginState& state, OriginCondition condition) {
  if (condition == OriginCondition::Healthy) return {};
  if (condition == OriginCondition::Failing) {
    if (state.check_status() != 0) {
      return fmt::format("it answered its health check with {}", state.check_status());
    }
    return fmt::format("when it was checked, it {}", upstream::what_happened(state.check_fault()));
  }
  const std::string_view fault = upstream::what_happened(state.last_fault());
  return fault.empty() ? "it answered with errors of its own (5xx)" : fmt::format("it {}", fault);
}

}  // namespace

std::vector<ObservedOrigin> observe(const route::OriginSet& set, const base::Clock& clock) {
  const base::SteadyTime now = clock.steady_now();
  std::vector<ObservedOrigin> origins;
  for (const auto& member : set.group().members()) {
    const OriginState& state = *member.state;
    ObservedOrigin& origin = origins.emplace_back();
    origin.url = member.url;
    origin.condition = condition_of(state.availability(now));
    origin.reason = reason_of(state, origin.condition);
    if (origin.condition == OriginCondition::Ejected) {
      origin.ejected_until =
          clock.wall_now() +
          std::chrono::duration_cast<std::chrono::milliseconds>(state.ejected_until() - now);
    }
    origin.requests_under_way = state.in_flight();
    origin.requests = state.requests();
    origin.failures = state.failures();
    origin.server_errors = state.server_errors();
    origin.ejections = state.ejections();
  }
  return origins;
}

}  // namespace mex::proxy
