#pragma once

#include <sys/types.h>

#include <string>

#include "absl/status/status.h"

namespace mex::agent {

// Tells the service manager which process is the service from now on: MAINPID= of sd_notify(3).
// `socket` is the value of NOTIFY_SOCKET; nothing is done without one.
absl::Status announce_main_process(const std::string& socket, pid_t process);

}  // namespace mex::agent
