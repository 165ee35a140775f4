#include "cluster/steps/timing.h"

#include <fmt/format.h>

#include "base/backoff.h"

namespace mex::cluster {

std::chrono::milliseconds retry_pause(const Timing& timing, int attempts, std::size_t seed) {
  const auto mixed = (seed + static_cast<std::size_t>(attempts) * 7919) % 200;
  return base::pause_after(
      attempts, {.first = timing.first_retry, .max = timing.longest_retry, .spread = 0.2},
      static_cast<double>(mixed) / 200);
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
