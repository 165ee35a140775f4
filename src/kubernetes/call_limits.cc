#include "kubernetes/call_limits.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>

namespace mex::kubernetes {

absl::Status wait_for(std::chrono::milliseconds time, const CallLimits& limits) {
  const base::SteadyTime wanted = base::system_clock().steady_now() + time;
  std::mutex mutex;
  std::condition_variable_any nobody_signals;
  std::unique_lock lock(mutex);
  nobody_signals.wait_until(lock, limits.stop, std::min(wanted, limits.deadline),
                            [] { return false; });
  if (limits.stop.stop_requested()) return absl::CancelledError("the call was cancelled");
  if (limits.deadline < wanted) return absl::DeadlineExceededError("the deadline passed");
  return absl::OkStatus();
}

}  // namespace mex::kubernetes
