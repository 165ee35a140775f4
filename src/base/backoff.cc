#include "base/backoff.h"

#include <algorithm>
#include <cstdint>
#include <random>

namespace mex::base {

std::chrono::milliseconds pause_after(int failures, const Backoff& backoff, double jitter) {
  std::chrono::milliseconds pause = backoff.first;
  for (int i = 1; i < failures && pause < backoff.max; ++i) pause *= 2;
  pause = std::min(pause, backoff.max);
  const double change = static_cast<double>(pause.count()) * backoff.spread * jitter;
  return pause + std::chrono::milliseconds(static_cast<std::int64_t>(change));
}

double random_jitter() {
  thread_local std::minstd_rand generator{std::random_device{}()};
  return std::uniform_real_distribution<double>(0.0, 1.0)(generator);
}

}  // namespace mex::base
