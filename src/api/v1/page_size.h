#pragma once

#include "absl/status/statusor.h"

namespace mex::api {

// How many elements a page holds: 100 if none are requested (0), 1000 at most. InvalidArgument with
// the field page_size if the number is negative.
absl::StatusOr<int> page_size_of(int requested);

}  // namespace mex::api
