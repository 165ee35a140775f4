#pragma once

#include <sys/types.h>

#include <string>

#include "absl/status/statusor.h"
#include "base/child_process.h"

namespace mex::nginx {

// Starts a program in a new session, so that it outlives the agent and no signal of the agent's
// terminal reaches it; it inherits neither descriptors nor signal settings, and reads nothing
// (`command.input`). What it writes is appended to `log`, relative to its directory. The caller
// waits for it (waitpid) when it ends.
absl::StatusOr<pid_t> start_detached(const base::ChildCommand& command, const std::string& log);

}  // namespace mex::nginx
