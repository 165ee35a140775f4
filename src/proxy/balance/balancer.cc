#include "proxy/balance/balancer.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace mex::proxy::balance {
namespace {

using Mask = std::uint64_t;

constexpr Mask bit_of(std::size_t index) { return Mask{1} << index; }

// Calls `visit` with the place of each bit that is set.
template <typename Visit>
void for_each_bit(Mask mask, Visit&& visit) {
  for (; mask != 0; mask &= mask - 1) visit(static_cast<std::size_t>(std::countr_zero(mask)));
}

constexpr std::size_t kWholeWeight = 100;  // of an origin with weight 1 that starts no more
constexpr std::size_t kFirstWeight = 10;   // of one that has just come back

}  // namespace

Balancer::Balancer(const BalancedOrigins& group, std::uint64_t seed)
    : group_(group), random_(seed), budget_(group.options().retry.budget_percent) {
  turn_[seed % group.size()] = 1;
}

Pick Balancer::pick(const PickRequest& request) {
  const OriginSetOptions& options = group_.options();
  // Where a key decides, only a request that leads to an origin anyway is its trial: no client is
  // moved for it.
  const bool is_by_key =
      options.balance.policy == Policy::Hash || options.balance.policy == Policy::Sticky;
  Candidates left = candidates(request);
  Pick pick;
  while (left.usable != 0) {
    const bool is_for_trial = left.trial_due != 0 && !is_by_key;
    pick.index = is_for_trial ? static_cast<std::size_t>(std::countr_zero(left.trial_due))
                              : select(left.usable, request);
    OriginState& state = *group_.members()[pick.index].state;
    const Mask bit = bit_of(pick.index);
    const bool is_due = (left.trial_due & bit) != 0;
    left.usable &= ~bit;
    left.trial_due &= ~bit;
    if (is_due && !state.claim_trial(request.now)) continue;
    pick.is_trial = is_due || (left.unhealthy & bit) != 0;
    if (state.begin_request(options.limits.max_requests)) {
      pick.result = Pick::Result::Found;
      return pick;
    }
    if (is_due) state.report(Outcome::Unknown, 0, true, request.now, options.ejection);
    pick.result = Pick::Result::Full;
  }
  return pick;
}

Balancer::Candidates Balancer::candidates(const PickRequest& request) {
  std::size_t total = 0;
  std::size_t healthy = 0;
  Candidates found;
  Mask all = 0;
  const auto& members = group_.members();
  for (std::size_t i = 0; i < members.size(); ++i) {
    const BalancedOrigins::Member& member = members[i];
    const bool is_drained = member.weight == 0;
    if (is_drained && (request.sticky_id.empty() || request.sticky_id != member.id)) continue;
    weights_[i] = weight_of(member, request.now);
    const Availability availability = member.state->availability(request.now);
    const bool is_healthy = availability == Availability::Healthy;
    total += is_drained ? 0U : 1U;
    healthy += is_healthy && !is_drained ? 1U : 0U;
    if ((request.tried & bit_of(i)) != 0) continue;
    all |= bit_of(i);
    if (is_healthy) found.usable |= bit_of(i);
    if (availability == Availability::TrialDue) found.trial_due |= bit_of(i);
  }
  const auto panic = static_cast<std::size_t>(group_.options().balance.panic_percent);
  if (healthy == 0 || healthy * 100 < total * panic) {
    return {.usable = all, .unhealthy = all & ~found.usable};
  }
  found.usable |= found.trial_due;
  return found;
}

std::size_t Balancer::weight_of(const BalancedOrigins::Member& member, base::SteadyTime now) const {
  const auto weight = static_cast<std::size_t>(member.weight);
  const Milliseconds slow_start = group_.options().balance.slow_start;
  if (slow_start.count() == 0) return weight * kWholeWeight;
  const auto since =
      std::chrono::duration_cast<Milliseconds>(now - member.state->available_since());
  if (since >= slow_start) return weight * kWholeWeight;
  const auto share = static_cast<std::size_t>(std::max<Milliseconds::rep>(since.count(), 0)) *
                     kWholeWeight / static_cast<std::size_t>(slow_start.count());
  return weight * std::max(share, kFirstWeight);
}

std::size_t Balancer::select(Mask usable, const PickRequest& request) {
  switch (group_.options().balance.policy) {
    case Policy::RoundRobin:
      break;
    case Policy::LeastRequests:
      return select_least_requests(usable);
    case Policy::RandomOfTwo:
      return select_better_of_two(usable);
    case Policy::Hash:
      if (request.hash) return select_by_hash(usable, *request.hash);
      break;
    case Policy::Sticky: {
      const std::size_t bound = find_sticky(request.sticky_id);
      if (bound != kNone && (usable & bit_of(bound)) != 0) return bound;
      break;
    }
  }
  return select_in_turn(usable);
}

// Smooth weighted round robin: of weights 5, 1, 1 comes a a b a c a a, not a a a a a b c.
std::size_t Balancer::select_in_turn(Mask usable) {
  std::size_t best = kNone;
  std::int64_t total = 0;
  for_each_bit(usable, [&](std::size_t i) {
    const auto weight = static_cast<std::int64_t>(weights_[i]);
    turn_[i] += weight;
    total += weight;
    if (best == kNone || turn_[i] > turn_[best]) best = i;
  });
  turn_[best] -= total;
  return best;
}

bool Balancer::is_less_busy(std::size_t a, std::size_t b) const {
  const auto load = [this](std::size_t i) {
    return static_cast<std::size_t>(std::max(group_.members()[i].state->in_flight(), 0));
  };
  return load(a) * weights_[b] < load(b) * weights_[a];
}

std::size_t Balancer::select_least_requests(Mask usable) {
  std::size_t best = kNone;
  Mask equal = 0;
  for_each_bit(usable, [&](std::size_t i) {
    if (best == kNone || is_less_busy(i, best)) {
      best = i;
      equal = bit_of(i);
    } else if (!is_less_busy(best, i)) {
      equal |= bit_of(i);
    }
  });
  return select_in_turn(equal);
}

std::size_t Balancer::select_at_random(Mask usable) {
  std::size_t total = 0;
  for_each_bit(usable, [&](std::size_t i) { total += weights_[i]; });
  std::size_t chosen = static_cast<std::size_t>(std::countr_zero(usable));
  if (total == 0) return chosen;
  auto rest = static_cast<std::int64_t>(random_.below(total));
  for_each_bit(usable, [&](std::size_t i) {
    if (rest >= 0) chosen = i;
    rest -= static_cast<std::int64_t>(weights_[i]);
  });
  return chosen;
}

std::size_t Balancer::select_better_of_two(Mask usable) {
  const std::size_t first = select_at_random(usable);
  const Mask others = usable & ~bit_of(first);
  if (others == 0) return first;
  const std::size_t second = select_at_random(others);
  return is_less_busy(second, first) ? second : first;
}

// Highest random weight (rendezvous hashing): each key has its own order of all origins, so an
// origin that goes takes only its own keys along, and gets them back. No table has to be made, and
// the weights are exact.
std::size_t Balancer::select_by_hash(Mask usable, std::uint64_t hash) const {
  std::size_t best = kNone;
  double best_score = 0;
  for_each_bit(usable, [&](std::size_t i) {
    const BalancedOrigins::Member& member = group_.members()[i];
    // In (0, 1].
    const double number = static_cast<double>((mix(hash ^ member.hash) >> 11U) + 1) * 0x1p-53;
    const double score = -std::log(number) / std::max(member.weight, 1);
    if (best != kNone && score >= best_score) return;
    best = i;
    best_score = score;
  });
  return best;
}

std::size_t Balancer::find_sticky(std::string_view id) const {
  if (id.empty()) return kNone;
  const auto& members = group_.members();
  const auto found = std::find_if(members.begin(), members.end(),
                                  [id](const auto& member) { return member.id == id; });
  return found == members.end() ? kNone : static_cast<std::size_t>(found - members.begin());
}

}  // namespace mex::proxy::balance
