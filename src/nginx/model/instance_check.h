#pragma once

#include "absl/status/status.h"
#include "nginx/model/instance.h"

namespace mex::nginx {

// InvalidArgument names the field ("ports[1].origin") and what would be right. What passes here can
// be rendered, and nginx reads it as meant. Pure.
absl::Status check(const Instance& instance);

// Internal: it could not be rendered.
absl::Status check(const ClusterApi& api);

}  // namespace mex::nginx
