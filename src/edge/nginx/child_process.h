#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"

namespace mex::edge::nginx {

// A program to start. It gets none of our descriptors, signal settings or environment: that is full
// of secrets of the cloud.
struct Command {
  std::vector<std::string> words;  // the first is the program's path
  std::string directory;           // where it runs
};

// Starts a program in a session of its own, so that it outlives us and no signal of our terminal
// reaches it. What it writes is appended to `log`, relative to its directory. The caller waits for
// it (waitpid) when it ends.
absl::StatusOr<pid_t> start_in_own_session(const Command& command, const std::string& log);

struct Finished {
  int exit_code = 0;   // 128 + number if a signal ended it
  std::string output;  // both streams, at most 64 KiB
};

// Runs a program to its end. DeadlineExceeded: it was killed.
absl::StatusOr<Finished> run_to_end(const Command& command, base::SteadyTime deadline);

}  // namespace mex::edge::nginx
