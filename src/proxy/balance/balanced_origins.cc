#include "proxy/balance/balanced_origins.h"

#include <algorithm>
#include <utility>

#include "proxy/balance/hash.h"

namespace mex::proxy::balance {
namespace {

std::shared_ptr<OriginState> state_for(const std::string& url, const BalancedOrigins* previous,
                                       base::SteadyTime now) {
  if (previous == nullptr) return std::make_shared<OriginState>(base::SteadyTime());
  const auto& members = previous->members();
  const auto found = std::find_if(members.begin(), members.end(),
                                  [&url](const auto& member) { return member.url == url; });
  return found != members.end() ? found->state : std::make_shared<OriginState>(now);
}

}  // namespace

BalancedOrigins::BalancedOrigins(OriginSetOptions options, const BalancedOrigins* previous,
                                 base::SteadyTime now)
    : options_(std::move(options)) {
  members_.reserve(options_.origins.size());
  for (const OriginOptions& origin : options_.origins) {
    members_.push_back({origin.url, origin.id, origin.weight, hash_of(origin.url),
                        state_for(origin.url, previous, now)});
  }
}

void BalancedOrigins::report(std::size_t index, Outcome outcome, std::uint8_t fault, bool is_trial,
                             base::SteadyTime now) const {
  OriginState& state = *members_[index].state;
  if (!state.report(outcome, fault, is_trial, now, options_.ejection)) return;
  if (is_trial) return state.eject(now, options_.ejection);  // it was counted all along
  if (is_deciding_.test_and_set(std::memory_order_acquire)) return;
  if (may_eject_one_more(now)) state.eject(now, options_.ejection);
  is_deciding_.clear(std::memory_order_release);
}

bool BalancedOrigins::may_eject_one_more(base::SteadyTime now) const {
  const auto is_ejected = [now](const Member& member) {
    const Availability availability = member.state->availability(now);
    return availability != Availability::Healthy && availability != Availability::Failing;
  };
  const auto ejected =
      static_cast<std::size_t>(std::count_if(members_.begin(), members_.end(), is_ejected));
  return (ejected + 1) * 100 <=
         members_.size() * static_cast<std::size_t>(options_.ejection.max_percent);
}

}  // namespace mex::proxy::balance
