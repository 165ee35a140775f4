#include "cluster/steps/timing.h"

#include <fmt/format.h>

#include <algorithm>

namespace mex::cluster {

std::chrono::milliseconds retry_pause(const Timing& timing, int attempts, std::size_t seed) {
  auto pause = timing.first_retry;
  for (int i = 1; i < attempts && pause < timing.longest_retry; ++i) pause *= 2;
  pause = std::min(pause, timing.longest_retry);
  const auto spread = static_cast<long>((seed + static_cast<std::size_t>(attempts) * 7919) % 200);
  return pause + pause * spread / 1000;
}

std::string duration_text(std::chrono::milliseconds duration) {
  using std::chrono::duration_cast, std::chrono::minutes, std::chrono::seconds;
  if (duration % seconds(1) != seconds(0)) return fmt::format("{} milliseconds", duration.count());
  if (duration > minutes(1) && duration % minutes(1) == minutes(0)) {
    return fmt::format("{} minutes", duration_cast<minutes>(duration).count());
  }
  return fmt::format("{} seconds", duration_cast<seconds>(duration).count());
}

}  // namespace mex::cluster
