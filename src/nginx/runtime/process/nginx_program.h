#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/child_process.h"

namespace mex::nginx {

// The nginx of this machine.
struct NginxProgram {
  std::string path;
  std::string preamble;  // directives that each configuration begins with: modules, user
};

// It inherits no environment variables: the agent's hold secrets of the cloud. With the rights of
// nginx, but without those of an instance.
base::ChildCommand nginx_command(std::vector<std::string> arguments, std::string directory);

// Asks it how it was built. FailedPrecondition: there is none, or it is no nginx that has the
// stream module; the message says which package has it.
absl::StatusOr<NginxProgram> find_nginx();

// From what `nginx -V` prints: the directive that loads the stream module, "" if it is part of the
// program. FailedPrecondition: it has none. `exists` says whether a file is there.
absl::StatusOr<std::string> stream_directive(std::string_view built, bool (*exists)(const char*));

}  // namespace mex::nginx
