#pragma once

#include <sys/types.h>

#include <vector>

#include "base/launcher_protocol.h"

namespace mex::launcher {

// All processes of that user, but for those that have ended and were not waited for.
std::vector<base::ListedProcess> processes_of(uid_t user);

}  // namespace mex::launcher
