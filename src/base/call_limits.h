#pragma once

#include <chrono>
#include <stop_token>

#include "absl/status/status.h"
#include "base/clock.h"

namespace mex::base {

// How long a caller is willing to wait. A blocking call that takes it ends soon after either limit,
// with DeadlineExceeded or Cancelled.
struct CallLimits {
  SteadyTime deadline;  // of std::chrono::steady_clock
  std::stop_token stop = {};
};

// The same limits, but for a deadline that is at most `time` from now.
CallLimits within(std::chrono::milliseconds time, CallLimits limits);

// Blocks for `time`. False if `stop` was requested before that was over.
bool sleep_for(std::chrono::milliseconds time, const std::stop_token& stop);

// Blocks for `time`: OK after it, or the error of the limit that came first.
absl::Status sleep_for(std::chrono::milliseconds time, const CallLimits& limits);

}  // namespace mex::base
