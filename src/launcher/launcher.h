#pragma once

#include <sys/types.h>

#include <list>
#include <vector>

#include "absl/status/status.h"
#include "base/child_start.h"
#include "base/descriptor.h"
#include "base/launcher_protocol.h"

namespace mex::launcher {

// Runs programs for the agent as the users of base::ChildRole, and nothing else: an agent that was
// taken over becomes those users by it, none of whom may do what the agent may not, and never root.
// One thread.
class Launcher {
 public:
  // `listener`: a socket of whole messages that only the agent can reach. `caller`: the agent's
  // user; connections of others are closed.
  Launcher(base::Descriptor listener, uid_t caller)
      : listener_(std::move(listener)), caller_(caller) {}

  // Serves until the listener is at its end.
  absl::Status run();

 private:
  // A connection, and the child that was started by it and ends with it; of a detached child there
  // is no connection any more.
  struct Call {
    base::Descriptor connection;
    pid_t child = 0;          // 0: nothing was asked for yet
    base::Descriptor handle;  // pidfd
    bool is_over = false;
  };

  void accept_call();
  void answer(Call& call);
  base::LauncherAnswer start(const base::LauncherRequest& request,
                             const std::vector<base::Descriptor>& descriptors, Call& call);
  void end(Call& call) const;

  const base::Descriptor listener_;
  const uid_t caller_;
  std::list<Call> calls_;
};

}  // namespace mex::launcher
