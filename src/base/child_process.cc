#include "base/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
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

#include "base/child_start.h"
#include "base/descriptor.h"
#include "base/launcher_client.h"
#include "base/launcher_protocol.h"
#include "base/message_socket.h"
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
  absl::Status run(const ChildStart& start, const ChildDescriptors& descriptors);
  bool read_output();

  ChildRole role_ = ChildRole::None;
  pid_t pid_ = -1;
  // Readable when it has ended: its pidfd, or the connection to the launcher whose child it is.
  Descriptor handle_;
  bool is_launched_ = false;
  int wait_status_ = 0;
  Descriptor output_end_;
  std::string output_;
};

absl::Status Child::run(const ChildStart& start, const ChildDescriptors& descriptors) {
  role_ = start.privileges.role;
  if (launcher() != nullptr) {
    MEX_ASSIGN_OR_RETURN(LauncherClient::Started started, launcher()->start(start, descriptors));
    pid_ = started.process;
    handle_ = std::move(started.connection);
    is_launched_ = true;
    return absl::OkStatus();
  }
  MEX_ASSIGN_OR_RETURN(pid_, start_child(start, descriptors, own_identity(start.privileges)));
  // The header of glibc 2.36 declares pidfd_open() in a way that C++ cannot link.
  handle_.reset(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)));
  return handle_.valid() ? absl::OkStatus() : errno_status(errno, "pidfd_open");
}

absl::Status Child::start(const std::string& program, const ChildCommand& command) {
  Pipe output;
  if (!output.open()) return errno_status(errno, "pipe");
  MEX_ASSIGN_OR_RETURN(const Descriptor input, text_file(command.input));
  Descriptor file;
  if (!command.file.empty()) {
    MEX_ASSIGN_OR_RETURN(file, text_file(command.file.reveal()));
  }
  Descriptor directory;
  if (!command.directory.empty()) {
    directory.reset(open(command.directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!directory.valid()) return errno_status(errno, command.directory);
  }
  MEX_RETURN_IF_ERROR(run({.program = program,
                           .arguments = command.arguments,
                           .environment = command.environment,
                           .privileges = command.privileges},
                          {.directory = directory.get(),
                           .input = input.get(),
                           .output = output.write_end.get(),
                           .file = file.get()}));
  output_end_ = std::move(output.read_end);
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
  if (is_launched_) {
    LauncherEnd end;
    std::vector<Descriptor> none;
    shutdown(handle_.get(), SHUT_WR);  // asks for its end, if it has not ended
    const absl::Status told = receive_message(handle_.get(), &end, sizeof end, none);
    wait_status_ = told.ok() ? end.wait_status : SIGKILL;
  } else {
    // Before it is reaped, so that the number is still its group's.
    signal_child(role_, -pid_, SIGKILL).IgnoreError();
    while (waitpid(pid_, &wait_status_, 0) < 0 && errno == EINTR) {
    }
  }
  pid_ = -1;
  if (output_.size() > kOutputKept) output_.erase(0, output_.size() - kOutputKept);
  const int code =
      WIFSIGNALED(wait_status_) ? 128 + WTERMSIG(wait_status_) : WEXITSTATUS(wait_status_);
  return {code, std::move(output_)};
}

bool is_executable(const std::string& path) { return access(path.c_str(), X_OK) == 0; }

}  // namespace

absl::Status signal_child(ChildRole role, pid_t process, int signal) {
  if (kill(process, signal) == 0) return absl::OkStatus();
  const int reason = errno;
  if (reason == EPERM && launcher() != nullptr) return launcher()->signal(role, process, signal);
  return errno_status(reason, fmt::format("process {}", process));
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
