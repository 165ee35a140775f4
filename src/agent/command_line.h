#pragma once

#include <vector>

#include "agent/flag_help.h"
#include "agent/options.h"

namespace mex::agent {

// Reads the flags as Go's flag package does: -x v, -x=v, --x. Prints and ends the process for
// -help, -h, -version and for unknown flags.
Flags read_command_line(int argc, char** argv);

// All flags of this program, as -help shows them.
std::vector<FlagText> all_flags();

}  // namespace mex::agent
