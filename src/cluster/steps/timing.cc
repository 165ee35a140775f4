#include "cluster/steps/timing.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/backoff.h"

namespace mex::cluster {

Timing at_pace(Timing timing, double pace) {
  const auto shorten = [pace](Timing::Milliseconds& time) {
    const auto shorter = static_cast<double>(time.count()) / pace;
    time = Timing::Milliseconds(static_cast<Timing::Milliseconds::rep>(shorter));
  };
  for (Timing::Milliseconds* time :
       {&timing.vanished, &timing.lost_call, &timing.late_answers, &timing.orphans_first,
        &timing.orphans_tick, &timing.orphans_found, &timing.first_retry, &timing.longest_retry,
        &timing.longest_tick, &timing.idle_tick}) {
    shorten(*time);
  }
  return timing;
}

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

void set_audit_interval(Timing& timing, std::chrono::milliseconds interval) {
  const Timing defaults;
  timing.audit_tick = interval;
  timing.audit_first = std::min(defaults.audit_first, interval);
  timing.audit_again = std::min(defaults.audit_again, interval / 2);
}

}  // namespace mex::cluster
