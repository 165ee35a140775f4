#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/child_start.h"
#include "base/descriptor.h"
#include "base/launcher_protocol.h"

namespace mex::base {

// The agent's side of its launcher: a process beside it that may run programs as the users of
// `ChildRole` and do nothing else, so that the agent need not be able to become another user.
// Thread-safe: each call has its own connection.
class LauncherClient {
 public:
  explicit LauncherClient(std::string socket_path) : path_(std::move(socket_path)) {}

  struct Started {
    pid_t process = 0;
    Descriptor connection;  // of one that is not detached: tells how it ended, and ends it
  };
  // The status of what the kernel refused there, or Unavailable: there is no launcher.
  absl::StatusOr<Started> start(const ChildStart& start, const ChildDescriptors& descriptors) const;

  // With the rights of that role's user: EPERM for every process that is not its own.
  absl::Status signal(ChildRole role, pid_t process, int signal) const;

  // All processes of that role's user that have one of these private groups.
  absl::StatusOr<std::vector<ListedProcess>> list(ChildRole role,
                                                  const std::vector<gid_t>& groups) const;

 private:
  absl::StatusOr<Descriptor> connect() const;
  absl::StatusOr<LauncherAnswer> call(int connection, const LauncherRequest& request,
                                      const std::vector<int>& descriptors) const;

  const std::string path_;
};

// From now on children of this process are started by the launcher at that socket. Before there are
// other threads.
void use_launcher(const std::string& socket_path);

// Null: this process starts its children itself.
const LauncherClient* launcher();

}  // namespace mex::base
