#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/call_limits.h"

namespace mex::base {

struct ChildCommand {
  std::vector<std::string> arguments;    // the first is the program: a path, or a name in PATH
  std::vector<std::string> environment;  // all of it, "NAME=VALUE"
  std::string input;                     // what it reads from its standard input
  std::string directory{};               // where it runs; empty: where this process does
};

struct ChildOutcome {
  int exit_code = 0;   // 128 + signal if a signal ended it, as shells say it
  std::string output;  // of stdout and stderr together; of long output, the end

  bool has_succeeded() const { return exit_code == 0; }
};

// Runs another program to its end and keeps its output. It gets no descriptor of this process, has
// its own process group, and ends with this process, however that ends. With it ends all that it
// has started in its group. Any thread; blocks.
//   NotFound          there is no such program
//   DeadlineExceeded  it was killed because it took too long; the message ends with what it said
//   Cancelled         it was killed because the stop token was set
//   other codes       the kernel could not start it
absl::StatusOr<ChildOutcome> run_child(const ChildCommand& command, const CallLimits& limits);

// The form in which exec() and posix_spawn() take arguments and environment; as long as `texts`.
std::vector<char*> exec_pointers(const std::vector<std::string>& texts);

// Where a program is: `name` itself if it is a path, else the first executable file of that name in
// this process's PATH. Empty if there is none.
std::string find_program(std::string_view name);

}  // namespace mex::base
