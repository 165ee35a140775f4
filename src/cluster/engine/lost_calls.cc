#include "cluster/engine/lost_calls.h"

#include <algorithm>

namespace mex::cluster {

void LostCalls::begin(const OperationRecord& operation, ClusterRecord& cluster) {
  calls_.clear();
  last_lost_.reset();
  was_known_ = !cluster.unknown_until;
  if (was_known_) {
    over_.reset();
  } else if (!over_) {
    await_late_answers(cluster);
  }
  for (const StepView& step : operation.steps) {
    if (step.attempts > 0 && !step.ended) add_repeatable();
    if (!step.outcome_unknown) continue;
    calls_[step.name] = {.since = clock_.steady_now(),
                         .can_come_late = true,
                         .is_found = false,
                         .is_repeated = step.attempts > 1};
    await_late_answers(cluster);
  }
}

void LostCalls::add(const std::string& step, const StepDecision& decision, ClusterRecord& cluster) {
  Call& call = calls_.try_emplace(step).first->second;
  if (!decision.can_come_late) return;
  call.since = clock_.steady_now();
  call.can_come_late = true;
  await_late_answers(cluster);
}

void LostCalls::await_late_answers(ClusterRecord& cluster) {
  over_ = clock_.steady_now() + timing_.late_answers;
  cluster.unknown_until = clock_.wall_now() + timing_.late_answers;
}

std::chrono::milliseconds LostCalls::time_left(const ClusterRecord& cluster) const {
  using std::chrono::milliseconds;
  if (!cluster.unknown_until || !over_) return milliseconds(0);
  return std::max(std::chrono::ceil<milliseconds>(*over_ - clock_.steady_now()), milliseconds(0));
}

void LostCalls::resolve(std::string_view step, ClusterRecord& cluster) {
  const auto call = calls_.find(step);
  if (call == calls_.end()) return;
  call->second.is_found = true;
  end_waiting(cluster);
}

bool LostCalls::is_open(std::string_view step) const {
  const auto call = calls_.find(step);
  return call != calls_.end() && !call->second.is_found;
}

bool LostCalls::may_repeat(std::string_view step) {
  const auto found = calls_.find(step);
  if (found == calls_.end() || found->second.is_found) return true;
  Call& call = found->second;
  const bool may_repeat =
      !call.can_come_late || clock_.steady_now() - call.since >= timing_.lost_call;
  call.is_repeated = call.is_repeated || may_repeat;
  return may_repeat;
}

bool LostCalls::may_be_in_the_way(const ClusterRecord& cluster) const {
  const auto may_be_inside = [this](base::SteadyTime since) {
    return clock_.steady_now() - since < timing_.call;
  };
  return can_come_late(cluster) || (last_lost_ && may_be_inside(*last_lost_)) ||
         std::any_of(calls_.begin(), calls_.end(), [&](const auto& entry) {
           return can_still_come(entry.second) && may_be_inside(entry.second.since);
         });
}

void LostCalls::reopen(ClusterRecord& cluster) {
  const bool is_any_late = std::any_of(
      calls_.begin(), calls_.end(), [](const auto& entry) { return entry.second.can_come_late; });
  if (is_any_late) await_late_answers(cluster);
}

void LostCalls::replan(const std::function<bool(std::string_view step)>& is_done,
                       ClusterRecord& cluster) {
  for (auto& [step, call] : calls_) call.is_found = is_done(step);
  end_waiting(cluster);
}

// A lost call that was the only one of its step, and whose effect has been found, is not open any
// more: nothing can come late.
bool LostCalls::can_still_come(const Call& call) {
  return call.can_come_late && (!call.is_found || call.is_repeated);
}

// When no lost call is open, there is nothing to wait for.
void LostCalls::end_waiting(ClusterRecord& cluster) const {
  const bool is_any_open = std::any_of(
      calls_.begin(), calls_.end(), [](const auto& entry) { return can_still_come(entry.second); });
  if (was_known_ && !is_any_open) cluster.unknown_until.reset();
}

}  // namespace mex::cluster
