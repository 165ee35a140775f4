#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "openstack/settings/shell_evaluation.h"
#include "openstack/settings/variables.h"

namespace mex::openstack {

// Reads the text of an os.env file: what a shell would make of its assignments.
//
//   # comment
//   export OS_USERNAME=demo
//   OS_PASSWORD="with blanks, = and #"  # and a comment
//   if [ -z "$OS_REGION_NAME" ]; then unset OS_REGION_NAME; fi
//
// "export" is optional. Nothing is run: a value that only a shell or a person at a terminal has is
// open, and says why. Windows' line ends and byte order mark are passed over. InvalidArgument
// "file:line: reason" for what is no script, and for what looks like a setting and is none to a
// shell; the message never shows a value, for it may be a password.
absl::StatusOr<ShellVariables> parse_os_env(std::string_view text, std::string_view file,
                                            const Variables& environment);

}  // namespace mex::openstack
