#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/child_account.h"

namespace mex::base {

// A program and how it is to run, without the descriptors that it gets.
struct ChildStart {
  std::string program{};  // a path
  std::vector<std::string> arguments{};
  std::vector<std::string> environment{};
  ChildPrivileges privileges{};
  // In its own session, and on after its parent's end; what it writes is appended to `log`, a
  // file of its directory. Otherwise it has its own process group, and ends with the parent.
  bool is_detached = false;
  std::string log{};
  std::uint64_t max_file_size = 0;  // a write beyond fails; 0: no limit
};

// What it gets of its parent; -1: nothing.
struct ChildDescriptors {
  int directory = -1;  // where it runs; -1: where its parent does
  int input = -1;
  int output = -1;  // for stdout and stderr
  int file = -1;    // what it finds as kHandedFile
};

// How a child names the file that it was handed: one of its parent's that it could not open itself.
inline constexpr std::string_view kHandedFile = "/proc/self/fd/3";

// Starts it with this identity and returns when it runs; the caller waits for it (waitpid). No
// other descriptor reaches it, no signal setting, no core dump is written of it, and no program
// that it runs gets more privileges. The status is that of what the kernel refused.
absl::StatusOr<pid_t> start_child(const ChildStart& start, const ChildDescriptors& descriptors,
                                  const ChildIdentity& identity);

// The form in which exec() takes arguments and environment; as long as `texts`.
std::vector<char*> exec_pointers(const std::vector<std::string>& texts);

}  // namespace mex::base
