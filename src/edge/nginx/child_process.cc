#include "edge/nginx/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>

#include "base/descriptor.h"
#include "base/status.h"

namespace mex::edge::nginx {
namespace {

constexpr std::size_t kMostOutput = std::size_t{64} << 10U;

// What posix_spawn is to do between fork and exec.
class Preparation {
 public:
  explicit Preparation(short flags) {
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
        &attributes_, static_cast<short>(flags | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF));
  }
  Preparation(const Preparation&) = delete;
  Preparation& operator=(const Preparation&) = delete;
  ~Preparation() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }

  void go_to(const std::string& directory) {
    posix_spawn_file_actions_addchdir_np(&actions_, directory.c_str());
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  }
  void write_to_file(const std::string& path) {
    posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, path.c_str(),
                                     O_WRONLY | O_CREAT | O_APPEND, 0600);
    write_to(STDOUT_FILENO);
  }
  void write_to(int descriptor) {
    if (descriptor != STDOUT_FILENO) {
      posix_spawn_file_actions_adddup2(&actions_, descriptor, STDOUT_FILENO);
    }
    posix_spawn_file_actions_adddup2(&actions_, STDOUT_FILENO, STDERR_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
  }

  absl::StatusOr<pid_t> spawn(const std::vector<std::string>& words) const {
    std::vector<char*> arguments;
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    std::string path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    const std::array<char*, 2> environment{path.data(), nullptr};
    pid_t pid = 0;
    const int error = posix_spawn(&pid, words.front().c_str(), &actions_, &attributes_,
                                  arguments.data(), environment.data());
    if (error != 0) return base::errno_status(error, "cannot start " + words.front());
    return pid;
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

int exit_code_of(int wait_status) {
  return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

// Until end of file; false at the deadline.
bool read_all(int descriptor, base::SteadyTime deadline, std::string& output) {
  std::array<char, 4096> chunk{};
  while (true) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - base::system_clock().steady_now());
    pollfd waiting{.fd = descriptor, .events = POLLIN, .revents = 0};
    if (poll(&waiting, 1, static_cast<int>(std::max(left.count(), left.zero().count()))) == 0) {
      return false;
    }
    const ssize_t got = read(descriptor, chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return true;
    const std::size_t room = kMostOutput - std::min(kMostOutput, output.size());
    output.append(chunk.data(), std::min(room, static_cast<std::size_t>(got)));
  }
}

}  // namespace

absl::StatusOr<pid_t> start_in_own_session(const Command& command, const std::string& log) {
  Preparation preparation(POSIX_SPAWN_SETSID);
  preparation.go_to(command.directory);
  preparation.write_to_file(log);
  return preparation.spawn(command.words);
}

absl::StatusOr<Finished> run_to_end(const Command& command, base::SteadyTime deadline) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return base::errno_status(errno, "pipe");
  const base::Descriptor output(ends[0]);
  base::Descriptor input(ends[1]);
  Preparation preparation(0);
  preparation.go_to(command.directory);
  preparation.write_to(input.get());
  MEX_ASSIGN_OR_RETURN(const pid_t pid, preparation.spawn(command.words));
  input.reset();
  Finished finished;
  const bool ended = read_all(output.get(), deadline, finished.output);
  if (!ended) kill(pid, SIGKILL);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  finished.exit_code = exit_code_of(status);
  if (ended) return finished;
  return base::error(absl::StatusCode::kDeadlineExceeded, "{} did not end in time",
                     command.words.front());
}

}  // namespace mex::edge::nginx
