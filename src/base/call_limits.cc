#include "base/call_limits.h"

#include <algorithm>

#include "base/mutex.h"

namespace mex::base {
namespace {

// Returns at `time`, or as soon as `stop` is requested.
void sleep_until(SteadyTime time, const std::stop_token& stop) {
  Mutex mutex;
  CondVar never_notified;
  MutexLock lock(mutex);
  never_notified.wait_until(lock, stop, time, [] { return false; });
}

}  // namespace

CallLimits within(std::chrono::milliseconds time, CallLimits limits) {
  limits.deadline = std::min(limits.deadline, system_clock().steady_now() + time);
  return limits;
}

bool sleep_for(std::chrono::milliseconds time, const std::stop_token& stop) {
  sleep_until(system_clock().steady_now() + time, stop);
  return !stop.stop_requested();
}

absl::Status sleep_for(std::chrono::milliseconds time, const CallLimits& limits) {
  const SteadyTime end = system_clock().steady_now() + time;
  sleep_until(std::min(end, limits.deadline), limits.stop);
  if (limits.stop.stop_requested()) return absl::CancelledError("the call was cancelled");
  if (limits.deadline < end) return absl::DeadlineExceededError("the deadline passed");
  return absl::OkStatus();
}

}  // namespace mex::base
