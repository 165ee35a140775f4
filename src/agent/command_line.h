#pragma once

#include <string>

#include "agent/options.h"

namespace mex::agent {

// Reads the flags as Go's flag package does: -x v, -x=v, --x. Prints and ends the process for
// -help, -version and for unknown flags.
Flags read_command_line(int argc, char** argv);

}  // namespace mex::agent
