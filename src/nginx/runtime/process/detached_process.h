#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "base/child_process.h"

namespace mex::nginx {

// Starts a program in a new session, so that it outlives the agent and no signal of the agent's
// terminal reaches it; it inherits neither descriptors nor signal settings, and reads nothing
// (`command.input`). What it writes is appended to `log`, relative to its directory; files grow up
// to `max_file_size`, 0: without limit. The caller waits for it (waitpid) when it ends, unless a
// launcher has started it.
absl::StatusOr<pid_t> start_detached(const base::ChildCommand& command, const std::string& log,
                                     std::uint64_t max_file_size = 0);

}  // namespace mex::nginx
