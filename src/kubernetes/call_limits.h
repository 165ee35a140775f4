#pragma once

#include <chrono>
#include <stop_token>

#include "absl/status/status.h"
#include "base/clock.h"

namespace mex::kubernetes {

// How long a caller is willing to wait. Every call takes them and ends soon after either, with
// DeadlineExceeded or Cancelled.
struct CallLimits {
  base::SteadyTime deadline;  // of std::chrono::steady_clock
  std::stop_token stop = {};
};

// Returns OK after `time`, or the limit that came before.
absl::Status wait_for(std::chrono::milliseconds time, const CallLimits& limits);

}  // namespace mex::kubernetes
