#pragma once

#include <stop_token>
#include <string>

#include "base/clock.h"

namespace mex::openstack {

// What happened on the wire, for records: filled when a call ends, well or not.
struct CallTrace {
  std::string request_id;  // the cloud's id of the last answer, or ours if none came
  int attempts = 0;        // requests sent, retries included
};

// How long a caller is willing to wait. Every call to the cloud takes one and ends soon after
// either limit, with DeadlineExceeded or Cancelled.
struct CallContext {
  base::SteadyTime deadline;  // of std::chrono::steady_clock
  std::stop_token stop;
  CallTrace* trace = nullptr;  // not owned; may be null
};

}  // namespace mex::openstack
