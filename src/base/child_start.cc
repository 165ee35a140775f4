#include "base/child_start.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/descriptor.h"
#include "base/status.h"

namespace mex::base {
namespace {

constexpr int kHandedNumber = 3;
// Above all numbers that the child is to have.
constexpr int kFirstOther = 10;

// Everything that the child needs, made before the fork: after it only calls of signal-safety(7)
// are allowed.
struct Prepared {
  const ChildStart& start;
  const ChildIdentity& identity;
  ChildDescriptors descriptors;
  std::vector<char*> arguments;
  std::vector<char*> environment;
};

bool raise(int& fd) {
  if (fd < 0) return true;
  fd = fcntl(fd, F_DUPFD_CLOEXEC, kFirstOther);
  return fd >= 0;
}

void reset_signals() {
  for (int number = 1; number < NSIG; ++number) signal(number, SIG_DFL);
  // Beyond its file size limit a write is to fail, not to kill.
  signal(SIGXFSZ, SIG_IGN);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

bool limit_resources(const ChildStart& start) {
  const rlimit no_core{.rlim_cur = 0, .rlim_max = 0};
  if (setrlimit(RLIMIT_CORE, &no_core) != 0) return false;
  const rlimit files{.rlim_cur = start.max_file_size, .rlim_max = start.max_file_size};
  return start.max_file_size == 0 || setrlimit(RLIMIT_FSIZE, &files) == 0;
}

bool set_standard_streams(const Prepared& child) {
  const ChildDescriptors& given = child.descriptors;
  const int input = given.input >= 0 ? given.input : open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (dup2(input, STDIN_FILENO) < 0) return false;
  int output = given.output;
  if (!child.start.log.empty()) {
    output = open(child.start.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC,
                  child.identity.account ? 0644 : 0600);  // the parent reads it
  }
  return dup2(output, STDOUT_FILENO) >= 0 && dup2(output, STDERR_FILENO) >= 0;
}

// Returns only if something was refused.
void become(Prepared& child, int& failure) {
  ChildDescriptors& given = child.descriptors;
  if (!raise(failure) || !raise(given.directory) || !raise(given.input) || !raise(given.output) ||
      !raise(given.file)) {
    return;
  }
  if (child.start.is_detached) {
    setsid();
  } else {
    setpgid(0, 0);
  }
  reset_signals();
  if (!limit_resources(child.start) || !take_identity(child.identity)) return;
  // A change of the user has undone it, so it comes behind that.
  if (!child.start.is_detached) prctl(PR_SET_PDEATHSIG, SIGKILL);
  // As who it is now: it gets nowhere where its user may not be. Others do not get as far as its
  // files: the directories above are closed.
  if (given.directory >= 0 && fchdir(given.directory) != 0) return;
  if (child.identity.account) umask(022);
  if (!set_standard_streams(child)) return;
  unsigned first_closed = STDERR_FILENO + 1;
  if (given.file >= 0) {
    if (dup2(given.file, kHandedNumber) < 0) return;
    first_closed = kHandedNumber + 1;
  }
  close_range(first_closed, ~0U, CLOSE_RANGE_CLOEXEC);
  execve(child.start.program.c_str(), child.arguments.data(), child.environment.data());
}

}  // namespace

std::vector<char*> exec_pointers(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

absl::StatusOr<pid_t> start_child(const ChildStart& start, const ChildDescriptors& descriptors,
                                  const ChildIdentity& identity) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return errno_status(errno, "pipe");
  const Descriptor read_end(ends[0]);
  Descriptor write_end(ends[1]);
  Prepared child{start, identity, descriptors, exec_pointers(start.arguments),
                 exec_pointers(start.environment)};
  const pid_t pid = fork();
  if (pid < 0) return errno_status(errno, start.program);
  if (pid == 0) {
    int failure = write_end.get();
    become(child, failure);
    const int reason = errno;
    [[maybe_unused]] const ssize_t written = write(failure, &reason, sizeof reason);
    _exit(127);
  }
  write_end.reset();
  int reason = 0;
  ssize_t count = 0;
  while ((count = read(read_end.get(), &reason, sizeof reason)) < 0 && errno == EINTR) {
  }
  if (count != sizeof reason) return pid;
  waitpid(pid, nullptr, 0);
  return errno_status(reason, start.program);
}

}  // namespace mex::base
