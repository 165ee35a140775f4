#pragma once

#include "absl/status/status.h"

namespace mex::http_client {

// The same status with the mark that nothing_was_sent() looks for.
absl::Status mark_nothing_sent(absl::Status status);

}  // namespace mex::http_client
