#include "nginx/runtime/process/detached_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

#include "base/status.h"

namespace mex::nginx {
namespace {

// What posix_spawn is to do between fork and exec.
class Preparation {
 public:
  Preparation(const std::string& directory, const std::string& log) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigset_t handled;
    sigemptyset(&none);
    sigfillset(&handled);
    // Beyond its file size limit a write is to fail, not to kill: see ProcessRuntime.
    sigdelset(&handled, SIGXFSZ);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &handled);
    posix_spawnattr_setflags(
        &attributes_,
        static_cast<short>(POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF));
    posix_spawn_file_actions_addchdir_np(&actions_, directory.c_str());
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, log.c_str(),
                                     O_WRONLY | O_CREAT | O_APPEND, 0600);
    posix_spawn_file_actions_adddup2(&actions_, STDOUT_FILENO, STDERR_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
  }
  Preparation(const Preparation&) = delete;
  Preparation& operator=(const Preparation&) = delete;
  ~Preparation() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }

  const posix_spawn_file_actions_t* actions() const { return &actions_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

}  // namespace

absl::StatusOr<pid_t> start_detached(const base::ChildCommand& command, const std::string& log) {
  const Preparation preparation(command.directory, log);
  const std::string& program = command.arguments.front();
  pid_t pid = 0;
  const int error =
      posix_spawn(&pid, program.c_str(), preparation.actions(), preparation.attributes(),
                  base::exec_pointers(command.arguments).data(),
                  base::exec_pointers(command.environment).data());
  if (error != 0) return base::errno_status(error, "cannot start " + program);
  return pid;
}

}  // namespace mex::nginx
