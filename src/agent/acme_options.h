#pragma once

#include "absl/status/status.h"
#include "agent/options.h"

namespace mex::agent {

// What the flags say of ordering the proxy's certificate, into `options`, where everything else has
// been set. InvalidArgument names the flag and what would be right.
absl::Status check_acme_flags(const Flags& flags, Options& options);

}  // namespace mex::agent
