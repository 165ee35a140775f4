#include "nginx/runtime/process/detached_process.h"

#include <fcntl.h>

#include <cerrno>

#include "base/child_start.h"
#include "base/descriptor.h"
#include "base/launcher_client.h"
#include "base/status.h"

namespace mex::nginx {

absl::StatusOr<pid_t> start_detached(const base::ChildCommand& command, const std::string& log,
                                     std::uint64_t max_file_size) {
  const base::Descriptor directory(
      open(command.directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!directory.valid()) return base::errno_status(errno, command.directory);
  const base::ChildStart start{.program = command.arguments.front(),
                               .arguments = command.arguments,
                               .environment = command.environment,
                               .privileges = command.privileges,
                               .is_detached = true,
                               .log = log,
                               .max_file_size = max_file_size};
  const base::ChildDescriptors descriptors{.directory = directory.get()};
  if (base::launcher() == nullptr) {
    return base::start_child(start, descriptors, base::own_identity(command.privileges));
  }
  MEX_ASSIGN_OR_RETURN(const base::LauncherClient::Started started,
                       base::launcher()->start(start, descriptors));
  return started.process;
}

}  // namespace mex::nginx
