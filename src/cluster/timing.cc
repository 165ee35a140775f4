#include "cluster/timing.h"

#include <algorithm>

namespace mex::cluster {

std::chrono::milliseconds retry_pause(const Timing& timing, int attempts, std::size_t seed) {
  auto pause = timing.first_retry;
  for (int i = 1; i < attempts && pause < timing.longest_retry; ++i) pause *= 2;
  pause = std::min(pause, timing.longest_retry);
  const auto spread = static_cast<long>((seed + static_cast<std::size_t>(attempts) * 7919) % 200);
  return pause + pause * spread / 1000;
}

}  // namespace mex::cluster
