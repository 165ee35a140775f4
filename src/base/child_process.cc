#include "base/child_process.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <utility>

#include "base/descriptor.h"
#include "base/status.h"

namespace mex::base {
namespace {

constexpr std::size_t kOutputKept = 64U << 10U;

struct Pipe {
  Descriptor read_end;
  Descriptor write_end;

  bool open() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) return false;
    read_end.reset(ends[0]);
    write_end.reset(ends[1]);
    return true;
  }
};

// A file without a name: unlike a pipe it takes all at once, and it need not be read.
absl::StatusOr<int> readable_text(std::string_view text) {
  Descriptor file(memfd_create("input", MFD_CLOEXEC));
  if (file.get() < 0) return errno_status(errno, "memfd_create");
  while (!text.empty()) {
    const ssize_t count = write(file.get(), text.data(), text.size());
    if (count < 0) return errno_status(errno, "memfd");
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  if (lseek(file.get(), 0, SEEK_SET) != 0) return errno_status(errno, "memfd");
  return file.release();
}

// A child from its start to the moment it is reaped.
class Child {
 public:
  Child() = default;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (pid_ > 0) reap();
  }

  absl::Status start(const std::string& program, const ChildCommand& command);
  // Until it ends, is stopped, or the time is over.
  absl::Status follow(const CallLimits& limits);
  // Kills what is left of it.
  ChildOutcome reap();

  const std::string& output() const { return output_; }

 private:
  [[noreturn]] static void become(const char* program, const char* directory,
                                  char* const* arguments, char* const* environment, int input,
                                  int output, int failure);
  bool read_output();

  pid_t pid_ = -1;
  Descriptor handle_;
  Descriptor output_end_;
  std::string output_;
};

// In the child, where only calls of signal-safety(7) are allowed.
void Child::become(const char* program, const char* directory, char* const* arguments,
                   char* const* environment, int input, int output, int failure) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGPIPE, SIG_DFL);
  dup2(input, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
  if (directory[0] == '\0' || chdir(directory) == 0) execve(program, arguments, environment);
  const int reason = errno;
  [[maybe_unused]] const ssize_t written = write(failure, &reason, sizeof reason);
  _exit(127);
}

absl::Status Child::start(const std::string& program, const ChildCommand& command) {
  Pipe output;
  Pipe failure;
  if (!output.open() || !failure.open()) return errno_status(errno, "pipe");
  MEX_ASSIGN_OR_RETURN(const int readable, readable_text(command.input));
  const Descriptor input(readable);
  const std::vector<char*> arguments = exec_pointers(command.arguments);
  const std::vector<char*> environment = exec_pointers(command.environment);
  pid_ = fork();
  if (pid_ < 0) return errno_status(errno, program);
  if (pid_ == 0) {
    become(program.c_str(), command.directory.c_str(), arguments.data(), environment.data(),
           input.get(), output.write_end.get(), failure.write_end.get());
  }
  setpgid(pid_, pid_);  // by the process that comes first
  // The header of glibc 2.36 declares pidfd_open() in a way that C++ cannot link.
  handle_.reset(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)));
  failure.write_end.reset();
  int reason = 0;
  if (read(failure.read_end.get(), &reason, sizeof reason) == sizeof reason) {
    return errno_status(reason, program);
  }
  if (handle_.get() < 0) return errno_status(errno, "pidfd_open");
  output_end_.reset(output.read_end.release());
  fcntl(output_end_.get(), F_SETFL, O_NONBLOCK);
  return absl::OkStatus();
}

// False when there will be no more.
bool Child::read_output() {
  std::array<char, 4096> chunk;
  for (;;) {
    const ssize_t count = read(output_end_.get(), chunk.data(), chunk.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno == EAGAIN;
    if (count == 0) return false;
    output_.append(chunk.data(), static_cast<std::size_t>(count));
    if (output_.size() > 2 * kOutputKept) output_.erase(0, output_.size() - kOutputKept);
  }
}

absl::Status Child::follow(const CallLimits& limits) {
  const Descriptor wakeup(eventfd(0, EFD_CLOEXEC));
  const std::stop_callback on_stop(limits.stop, [&wakeup] {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = write(wakeup.get(), &one, sizeof one);
  });
  bool has_output = true;
  for (;;) {
    using std::chrono::milliseconds;
    const auto left =
        std::chrono::ceil<milliseconds>(limits.deadline - std::chrono::steady_clock::now());
    std::array<pollfd, 3> waiting{{{handle_.get(), POLLIN, 0},
                                   {wakeup.get(), POLLIN, 0},
                                   {has_output ? output_end_.get() : -1, POLLIN, 0}}};
    const int ready = poll(waiting.data(), waiting.size(),
                           static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 1 << 30)));
    if (ready < 0) continue;  // EINTR
    if (waiting[2].revents != 0) has_output = read_output();
    if (waiting[0].revents != 0) {
      read_output();
      return absl::OkStatus();
    }
    if (limits.stop.stop_requested()) return absl::CancelledError("the agent is ending");
    if (ready == 0) return absl::DeadlineExceededError("took too long and was killed");
  }
}

ChildOutcome Child::reap() {
  kill(-pid_, SIGKILL);
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  if (output_.size() > kOutputKept) output_.erase(0, output_.size() - kOutputKept);
  const int code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return {code, std::move(output_)};
}

bool is_executable(const std::string& path) { return access(path.c_str(), X_OK) == 0; }

}  // namespace

std::vector<char*> exec_pointers(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

std::string find_program(std::string_view name) {
  const std::string text(name);
  if (name.find('/') != std::string_view::npos) return is_executable(text) ? text : "";
  const char* path = std::getenv("PATH");
  std::string_view left = path == nullptr ? "/usr/bin:/bin" : path;
  while (!left.empty() && !name.empty()) {
    const std::size_t colon = std::min(left.find(':'), left.size());
    const std::string candidate = fmt::format("{}/{}", left.substr(0, colon), name);
    if (colon > 0 && is_executable(candidate)) return candidate;
    left.remove_prefix(std::min(colon + 1, left.size()));
  }
  return "";
}

absl::StatusOr<ChildOutcome> run_child(const ChildCommand& command, const CallLimits& limits) {
  const std::string program = find_program(command.arguments.front());
  if (program.empty()) {
    return error(absl::StatusCode::kNotFound, "{}: there is no such program",
                 command.arguments.front());
  }
  Child child;
  MEX_RETURN_IF_ERROR(child.start(program, command));
  const absl::Status followed = child.follow(limits);
  if (followed.ok()) return child.reap();
  ChildOutcome outcome = child.reap();
  constexpr std::size_t kShown = 500;
  const std::string said =
      outcome.output.substr(outcome.output.size() - std::min(outcome.output.size(), kShown));
  return error(followed.code(), "{} {}{}{}", program, message_of(followed),
               said.empty() ? "" : "; it had said: ", said);
}

}  // namespace mex::base
