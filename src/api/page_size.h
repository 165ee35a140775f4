#pragma once

#include "absl/status/statusor.h"

namespace mex::api {

// How many things a page holds: 100 if that is not said (0), 1000 at most. InvalidArgument, naming
// the field page_size, if it is negative.
absl::StatusOr<int> page_size_of(int requested);

}  // namespace mex::api
