#pragma once

#include <sys/types.h>

#include <map>
#include <memory>
#include <set>
#include <string>

#include "base/child_account.h"
#include "nginx/runtime/process/instance_processes.h"
#include "nginx/runtime/runtime.h"

namespace mex::nginx {

// Instances as processes on this machine: a master of nginx with one worker for each, in their own
// session and directory. They go on when the agent ends or is killed, and the next one finds them.
// Logs have a limit that holds without an agent: RLIMIT_FSIZE. With a launcher they are of another
// user than the agent (instance_account.h).
class ProcessRuntime final : public Runtime {
 public:
  // `root` is an absolute path; the directory is made (0700) if it is not there.
  // FailedPrecondition: there is no nginx on this machine, or not one that can be used.
  static absl::StatusOr<std::unique_ptr<ProcessRuntime>> create(const std::string& root);

  std::string_view kind() const override { return "process"; }
  bool has_networks() const override { return false; }
  bool needs_status_port() const override { return false; }
  RuntimeLayout layout() const override { return layout_; }
  std::string status_listen(const std::string&, std::uint16_t) const override {
    return "unix:status.sock";
  }
  StatusPage status_page(const std::string& name, std::uint16_t) const override;

  absl::Status apply(const Deployment& deployment) override;
  bool is_reloading(const std::string& name) override;
  absl::Status remove(const std::string& name) override;
  absl::StatusOr<std::vector<RunningInstance>> list() override;
  std::string last_error(const std::string& name) override;
  std::vector<std::string> drain_session_log(const std::string& name) override;

 private:
  ProcessRuntime(std::string root, std::string program, RuntimeLayout layout);

  std::string directory_of(const std::string& name) const { return root_ + "/" + name; }
  using Processes = std::map<std::string, InstanceProcesses>;
  absl::StatusOr<Processes> running() const;
  absl::Status write_files(const Deployment& deployment) const;
  absl::Status write_configuration(const Deployment& deployment, const char* file) const;
  absl::StatusOr<base::ChildPrivileges> privileges_for(const Deployment& deployment) const;
  absl::Status test(const Deployment& deployment, const base::ChildPrivileges& privileges) const;
  absl::Status start(const std::string& name, const base::ChildPrivileges& privileges);
  void reap();
  absl::Status end(const InstanceProcesses& processes);

  const std::string root_;
  const std::string program_;
  const RuntimeLayout layout_;
  std::set<pid_t> children_;                            // that may have to be reaped
  std::map<std::string, pid_t> masters_;                // that the last apply() started or reloaded
  std::map<std::string, std::vector<pid_t>> previous_;  // processes before the last reload
  std::map<std::string, off_t> log_begin_;              // of what was logged since the last apply()
  std::map<std::string, off_t> sessions_read_;          // of sessions.log
};

}  // namespace mex::nginx
