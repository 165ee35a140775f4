#pragma once

#include <string>

#include "base/call_limits.h"

namespace mex::openstack {

// What happened on the wire, for records: filled when a call ends, well or not.
struct CallTrace {
  std::string request_id;  // the cloud's id of the last answer, or ours if none came
  int attempts = 0;        // requests sent, retries included
};

// What every call to the cloud takes: its limits, and where it leaves its trace.
struct CallContext : base::CallLimits {
  CallTrace* trace = nullptr;  // not owned; may be null
};

}  // namespace mex::openstack
