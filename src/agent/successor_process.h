#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace mex::agent {

// Starts the program of this process again, as it lies on the disk now, with the same arguments and
// -take_over (takeover.h). It is a child of the system's first process, as a service is, not of
// this one. Not for the first process of a container, with which all others end:
// FailedPrecondition. Other errors name the program.
absl::Status start_successor(const std::vector<std::string>& arguments);

}  // namespace mex::agent
