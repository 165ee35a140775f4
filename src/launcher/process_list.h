#pragma once

#include <sys/types.h>

#include <vector>

#include "base/launcher_protocol.h"

namespace mex::launcher {

// All processes of that user and group but this one, and those that have ended and were not waited
// for.
std::vector<base::ListedProcess> processes_of(uid_t user, gid_t group);

}  // namespace mex::launcher
