#include "certificates/acme_schedule.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/backoff.h"

namespace mex::certificates {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr hours kAttemptWindow{1};
constexpr std::size_t kMaxAttempts = 5;
constexpr hours kSuccessWindow{7 * 24};
constexpr std::size_t kMaxSuccesses = 4;

// FNV-1a: the same in every build, unlike std::hash.
std::uint32_t hash(std::string_view text) {
  std::uint32_t value = 2166136261U;
  for (const char c : text) value = (value ^ static_cast<unsigned char>(c)) * 16777619U;
  return value;
}

std::vector<base::WallTime> within(const std::vector<base::WallTime>& times, base::WallTime now,
                                   hours window) {
  std::vector<base::WallTime> recent;
  std::copy_if(times.begin(), times.end(), std::back_inserter(recent),
               [&](base::WallTime time) { return time <= now && now - time < window; });
  return recent;
}

std::optional<base::WallTime> room_at(const std::vector<base::WallTime>& times, base::WallTime now,
                                      hours window, std::size_t most) {
  const std::vector<base::WallTime> recent = within(times, now, window);
  if (recent.size() < most) return std::nullopt;
  return recent[recent.size() - most] + window;
}

}  // namespace

base::WallTime renewal_time(base::WallTime not_before, base::WallTime not_after,
                            std::string_view fingerprint) {
  const auto life = not_after - not_before;
  constexpr int kSteps = 1000;
  const auto step = static_cast<int>(hash(fingerprint) % kSteps);
  return not_before + life * 2 / 3 - life / 30 * step / kSteps;
}

std::chrono::milliseconds pause_after(int failures) {
  constexpr std::array<minutes, 3> kFirst{minutes(1), minutes(5), minutes(15)};
  const auto index = static_cast<std::size_t>(std::max(failures, 1) - 1);
  if (index < kFirst.size()) return kFirst[index];
  const base::Backoff backoff{.first = hours(1), .max = kMaxPause};
  return base::pause_after(failures - static_cast<int>(kFirst.size()), backoff);
}

std::optional<base::WallTime> allowed_at(const OrderHistory& history, base::WallTime now) {
  const auto by_attempts = room_at(history.attempts, now, kAttemptWindow, kMaxAttempts);
  const auto by_successes = room_at(history.successes, now, kSuccessWindow, kMaxSuccesses);
  if (by_attempts && by_successes) return std::max(*by_attempts, *by_successes);
  return by_attempts ? by_attempts : by_successes;
}

void drop_expired(OrderHistory& history, base::WallTime now) {
  history.attempts = within(history.attempts, now, kAttemptWindow);
  history.successes = within(history.successes, now, kSuccessWindow);
}

}  // namespace mex::certificates
