#pragma once

#include <sys/types.h>

#include <string>

#include "absl/status/statusor.h"
#include "base/child_process.h"

namespace mex::nginx {

// Starts a program in a session of its own, so that it outlives us and no signal of our terminal
// reaches it; it gets none of our descriptors and signal settings, and reads nothing
// (`command.input`). What it writes is appended to `log`, relative to its directory. The caller
// waits for it (waitpid) when it ends.
absl::StatusOr<pid_t> start_detached(const base::ChildCommand& command, const std::string& log);

}  // namespace mex::nginx
