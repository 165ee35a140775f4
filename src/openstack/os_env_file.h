#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "openstack/cloud_config.h"

namespace mex::openstack {

// Reads the text of an os.env file: what a shell would make of lines like
//
//   # comment
//   export OS_USERNAME=demo
//   OS_PASSWORD="with blanks, = and #"  # and a comment
//
// "export" is optional, several assignments may share a line, quotes and backslashes mean what they
// mean to the shell. Only '$' and '`' do not: they stay as they are, nothing is expanded or run.
// Of a name that comes twice the last value counts. Anything else is InvalidArgument
// "file:line: reason"; the message never shows a value, for it may be a password.
absl::StatusOr<Variables> parse_os_env(std::string_view text, std::string_view file);

}  // namespace mex::openstack
