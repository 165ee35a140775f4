#include "cluster/health/sweep_pace.h"

#include <algorithm>

#include "base/backoff.h"

namespace mex::cluster {

SweepPace::SweepPace(const Timing& timing, std::size_t seed)
    : timing_(timing), seed_(seed), awaited_(timing.kubernetes_tick) {}

std::chrono::milliseconds SweepPace::pause_after(const Outcome& outcome) {
  unanswered_ = outcome.is_answered ? 0 : unanswered_ + 1;
  if (outcome.is_awaited) return awaited_pause(outcome.is_changed);
  awaited_ = timing_.kubernetes_tick;
  return outcome.is_answered ? outcome.interval : silent_pause(outcome.interval);
}

std::chrono::milliseconds SweepPace::awaited_pause(bool is_changed) {
  const auto pause = is_changed ? timing_.kubernetes_tick : awaited_;
  awaited_ = std::min(pause + pause / 8, timing_.longest_kubernetes_tick);
  return pause;
}

std::chrono::milliseconds SweepPace::silent_pause(std::chrono::milliseconds interval) const {
  constexpr std::size_t kSteps = 200;
  const auto mixed = (seed_ + static_cast<std::size_t>(unanswered_) * 7919) % kSteps;
  return base::pause_after(
      unanswered_,
      {.first = interval, .max = std::max(interval, timing_.silent_tick), .spread = 0.2},
      static_cast<double>(mixed) / kSteps);
}

}  // namespace mex::cluster
