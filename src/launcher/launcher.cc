#include "launcher/launcher.h"

#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <string>
#include <utility>

#include "base/child_account.h"
#include "base/log.h"
#include "base/message_socket.h"
#include "base/status.h"
#include "launcher/process_list.h"

namespace mex::launcher {
namespace {

using base::Descriptor;
using base::LauncherAnswer;
using base::LauncherRequest;

// How many calls wait for their end at once; further ones wait to be accepted.
constexpr std::ptrdiff_t kMaxCalls = 256;

int errno_of(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return 0;
    case absl::StatusCode::kNotFound:
      return ENOENT;
    case absl::StatusCode::kPermissionDenied:
      return EACCES;
    case absl::StatusCode::kInvalidArgument:
      return EINVAL;
    default:
      return EIO;
  }
}

// What `act` says in a child of this process: 0, or an errno.
template <typename Act>
LauncherAnswer in_child(Act act) {
  const pid_t child = fork();
  if (child < 0) return {.error = errno};
  if (child == 0) _exit(act() ? 0 : errno);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return {.error = WIFEXITED(status) ? WEXITSTATUS(status) : EINTR};
}

// As that user, so that the kernel says whose processes it may reach.
LauncherAnswer send_signal(const LauncherRequest& request) {
  auto identity = base::launched_identity({.role = request.role});
  if (!identity) return {.error = EPERM};
  if (request.process >= -1 && request.process <= 1) return {.error = EINVAL};
  return in_child(
      [&] { return base::take_identity(*identity) && kill(request.process, request.signal) == 0; });
}

bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = write(file, text.data(), text.size());
    if (count <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

// In a child that has become the user. It takes the groups one after the other: a process is seen
// only by who has its user, its group and all of its capabilities (hidepid of proc(5)).
bool write_list(base::ChildIdentity identity, const std::vector<gid_t>& groups, int file) {
  identity.capabilities = base::capability(CAP_SETGID) | base::capability(CAP_NET_BIND_SERVICE);
  if (!base::take_identity(identity)) return false;
  std::vector<base::ListedProcess> found;
  for (const gid_t group : groups) {
    if (setresgid(group, group, group) != 0) return false;
    for (base::ListedProcess& each : processes_of(identity.account->user, group)) {
      found.push_back(std::move(each));
    }
  }
  return write_all(file, base::encode_list(found));
}

LauncherAnswer list(const LauncherRequest& request, const std::vector<Descriptor>& descriptors) {
  const auto identity = base::launched_identity({.role = request.role});
  if (!identity) return {.error = EPERM};
  if (descriptors.size() != 2) return {.error = EINVAL};
  const auto text = base::read_text_file(descriptors[0].get());
  const auto groups = text.ok() ? base::decode_groups(*text) : text.status();
  if (!groups.ok()) return {.error = EINVAL};
  return in_child([&] { return write_list(*identity, *groups, descriptors[1].get()); });
}

std::optional<base::ChildDescriptors> descriptors_of(const LauncherRequest& request,
                                                     const std::vector<Descriptor>& received) {
  base::ChildDescriptors descriptors;
  const std::array<int*, 4> places{&descriptors.directory, &descriptors.input, &descriptors.output,
                                   &descriptors.file};
  std::size_t next = 1;  // behind the command
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (request.has_descriptor[i] == 0) continue;
    if (next >= received.size()) return std::nullopt;
    *places[i] = received[next++].get();
  }
  if (next != received.size()) return std::nullopt;
  return descriptors;
}

}  // namespace

LauncherAnswer Launcher::start(const LauncherRequest& request,
                               const std::vector<Descriptor>& descriptors, Call& call) {
  const auto given = descriptors_of(request, descriptors);
  if (!given) return {.error = EINVAL};
  const auto identity = base::launched_identity(base::privileges_of(request));
  if (!identity) return {.error = EPERM};
  base::ChildStart child;
  const auto text = base::read_text_file(descriptors.front().get());
  if (!text.ok() || !base::decode_command(*text, child).ok()) return {.error = EINVAL};
  child.privileges = base::privileges_of(request);
  child.is_detached = request.is_detached != 0;
  child.max_file_size = request.max_file_size;
  if (child.log.empty() && given->output < 0) return {.error = EINVAL};
  const auto pid = base::start_child(child, *given, *identity);
  if (!pid.ok()) return {.error = errno_of(pid.status())};
  call.child = *pid;
  // The header of glibc 2.36 declares pidfd_open() in a way that C++ cannot link.
  call.handle.reset(static_cast<int>(syscall(SYS_pidfd_open, *pid, 0)));
  return {.process = *pid};
}

// One request of a connection, and the last thing that it says.
void Launcher::answer(Call& call) {
  LauncherRequest request;
  std::vector<Descriptor> descriptors;
  if (!base::receive_message(call.connection.get(), &request, sizeof request, descriptors).ok()) {
    call.is_over = true;
    return;
  }
  LauncherAnswer answer{.error = EINVAL};
  if (static_cast<std::uint8_t>(request.role) < base::kChildRoles) {
    switch (request.call) {
      case base::LauncherCall::Start:
        if (!descriptors.empty()) answer = start(request, descriptors, call);
        break;
      case base::LauncherCall::Signal:
        answer = send_signal(request);
        break;
      case base::LauncherCall::List:
        answer = list(request, descriptors);
        break;
    }
  }
  const absl::Status sent = base::send_message(call.connection.get(), &answer, sizeof answer, {});
  call.is_over = call.child == 0;
  const bool is_detached = !call.is_over && request.is_detached != 0;
  if (is_detached) {
    call.connection.reset();
  } else if (!sent.ok() && !call.is_over) {
    end(call);
  }
}

// Of a child that has ended, or whose end was asked for.
void Launcher::end(Call& call) const {
  base::LauncherEnd end;
  // What a detached child has started goes on. Before it is reaped, so that the number is still its
  // group's.
  if (call.connection.valid()) kill(-call.child, SIGKILL);
  while (waitpid(call.child, &end.wait_status, 0) < 0 && errno == EINTR) {
  }
  if (call.connection.valid()) {
    base::send_message(call.connection.get(), &end, sizeof end, {}).IgnoreError();
  }
  call.is_over = true;
}

void Launcher::accept_call() {
  Descriptor connection(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!connection.valid() || base::message_peer(connection.get()).user != caller_) return;
  calls_.push_back({.connection = std::move(connection), .handle = Descriptor()});
}

absl::Status Launcher::run() {
  for (;;) {
    const auto open_calls = std::count_if(calls_.begin(), calls_.end(),
                                          [](const Call& call) { return call.connection.valid(); });
    std::vector<pollfd> waiting{{open_calls < kMaxCalls ? listener_.get() : -1, POLLIN, 0}};
    for (const Call& call : calls_) {
      waiting.push_back({call.connection.get(), POLLIN, 0});
      waiting.push_back({call.handle.get(), POLLIN, 0});
    }
    if (poll(waiting.data(), waiting.size(), -1) < 0) {
      if (errno == EINTR) continue;
      return base::errno_status(errno, "poll");
    }
    std::size_t next = 1;
    for (Call& call : calls_) {
      const bool is_heard = waiting[next++].revents != 0;
      const bool has_ended = waiting[next++].revents != 0;
      if (call.child == 0) {
        if (is_heard) answer(call);
      } else if (is_heard || has_ended) {
        // Nothing is said on a connection that has its child, but that it is to end.
        end(call);
      }
    }
    calls_.remove_if([](const Call& call) { return call.is_over; });
    if ((waiting[0].revents & (POLLERR | POLLHUP | POLLNVAL)) != 0) {
      return base::error(absl::StatusCode::kUnavailable, "the launcher's socket was closed");
    }
    if (waiting[0].revents != 0) accept_call();
  }
}

}  // namespace mex::launcher
