#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/call_limits.h"
#include "base/child_account.h"
#include "base/secret.h"

namespace mex::base {

struct ChildCommand {
  std::vector<std::string> arguments;    // the first is the program: a path, or a name in PATH
  std::vector<std::string> environment;  // all of it, "NAME=VALUE"
  std::string input;                     // what it reads from its standard input
  std::string directory{};               // where it runs; empty: where this process does
  ChildPrivileges privileges{};
  // The content of a file that it finds as kHandedFile (child_start.h); empty: there is none.
  Secret file{};
};

struct ChildOutcome {
  int exit_code = 0;   // 128 + signal if a signal ended it, as shells say it
  std::string output;  // of stdout and stderr together; of long output, the end

  bool has_succeeded() const { return exit_code == 0; }
};

// Runs another program to its end and keeps its output. It gets no descriptor of this process, has
// its own process group, and ends with this process, however that ends. With it ends all that it
// has started in its group. It is the launcher's child where there is one (launcher_client.h), else
// this process's; with what rights it runs is in child_account.h. Any thread; blocks.
//   NotFound          there is no such program
//   DeadlineExceeded  it was killed because it took too long; the message ends with what it said
//   Cancelled         it was killed because the stop token was set
//   other codes       the kernel could not start it
absl::StatusOr<ChildOutcome> run_child(const ChildCommand& command, const CallLimits& limits);

// Sends a signal to a process of that role, or to a process group as its negative.
absl::Status signal_child(ChildRole role, pid_t process, int signal);

// Where a program is: `name` itself if it is a path, else the first executable file of that name in
// this process's PATH. Empty if there is none.
std::string find_program(std::string_view name);

}  // namespace mex::base
