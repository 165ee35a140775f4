#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/launcher_protocol.h"

namespace mex::nginx {

// The processes of one instance.
struct InstanceProcesses {
  pid_t master = 0;           // leads the session; 0: it is gone, and left workers behind
  std::string master_run_id;  // its start, so that a pid that is given again is not taken for it
  std::vector<pid_t> all;     // the master too
  bool is_launched = false;   // nginx's user's, started by the launcher
};

// All processes that work in a directory right below `root`, by that directory's name: how the
// processes of instances are known, also those that an earlier run of the agent has started. A
// working directory cannot match by chance, as a name or a reused pid can. Zombies do not count.
std::map<std::string, InstanceProcesses> processes_below(const std::string& root);

// The same of those that a launcher has started, in whose working directories the agent may not
// look: by the group that their directory's account file names (instance_account.h), which only a
// launcher gives. Unavailable: there is no launcher that answers.
absl::StatusOr<std::map<std::string, InstanceProcesses>> launched_below(const std::string& root);
absl::StatusOr<std::vector<base::ListedProcess>> launched_processes(const std::string& root);

}  // namespace mex::nginx
