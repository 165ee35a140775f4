#pragma once

#include "absl/status/status.h"
#include "net/address.h"

namespace mex::agent {

// What the agent whose REST API listens at `rest` says of its health: GET /healthz, from this
// machine, within five seconds. Unavailable or DeadlineExceeded if nothing (or something else)
// answers; blocks.
absl::Status probe_health(const net::Address& rest);

}  // namespace mex::agent
