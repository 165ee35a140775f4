#include "agent/takeover.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "base/log.h"
#include "base/message_socket.h"
#include "base/status.h"
#include "net/listening_sockets.h"

namespace mex::agent {
namespace {

constexpr const char* kSocketName = "/takeover.sock";
constexpr std::chrono::seconds kForAWord{1};
// For the predecessor to end its control plane.
constexpr std::chrono::seconds kForTheSockets{60};

enum class Word : std::uint8_t { Ask = 1, Sockets = 2, Refused = 3, Serving = 4 };

// Of this size and with these first two fields in every version.
struct Message {
  std::array<char, 4> magic{'m', 'e', 'x', 't'};
  std::uint8_t version = 1;
  Word word = Word::Ask;
  std::uint8_t more = 0;           // Sockets: another such message follows
  std::array<char, 121> reason{};  // Refused: ends with a zero byte
};
static_assert(sizeof(Message) == 128);

absl::Status send(int socket, const Message& message, const std::vector<int>& descriptors = {}) {
  return base::send_message(socket, &message, sizeof message, descriptors);
}

absl::StatusOr<Message> receive(int socket, std::vector<base::Descriptor>& descriptors) {
  Message message;
  MEX_RETURN_IF_ERROR(base::receive_message(socket, &message, sizeof message, descriptors));
  message.reason.back() = '\0';
  if (message.magic != Message().magic) {
    return base::error(absl::StatusCode::kInvalidArgument, "what came is no message of an agent");
  }
  if (message.version != Message().version) {
    return base::error(absl::StatusCode::kFailedPrecondition,
                       "the other agent speaks version {} of taking over, this one {}",
                       message.version, Message().version);
  }
  return message;
}

void limit_waiting(int socket, std::chrono::seconds limit) {
  const timeval time{.tv_sec = limit.count(), .tv_usec = 0};
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
  setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
}

// glibc's own declarations are for C alone.
int open_handle(pid_t process) { return static_cast<int>(syscall(SYS_pidfd_open, process, 0)); }

absl::Status refuse(int socket, const absl::Status& reason) {
  Message message{.word = Word::Refused};
  base::message_of(reason).copy(message.reason.data(), message.reason.size() - 1);
  send(socket, message).IgnoreError();
  return reason;
}

}  // namespace

Successor::Successor(base::Descriptor connection)
    : connection_(std::move(connection)),
      process_(base::message_peer(connection_.get()).process),
      process_handle_(process_ > 1 ? open_handle(process_) : -1) {}

absl::Status Successor::give(const std::vector<base::Descriptor>& sockets) {
  std::size_t given = 0;
  do {
    std::vector<int> some;
    while (given < sockets.size() && some.size() < base::kMaxMessageDescriptors) {
      some.push_back(sockets[given++].get());
    }
    const Message message{.word = Word::Sockets,
                          .more = static_cast<std::uint8_t>(given < sockets.size() ? 1 : 0)};
    MEX_RETURN_IF_ERROR(send(connection_.get(), message, some));
  } while (given < sockets.size());
  return absl::OkStatus();
}

absl::Status Successor::hear_that_it_serves() {
  std::vector<base::Descriptor> none;
  MEX_ASSIGN_OR_RETURN(const Message message, receive(connection_.get(), none));
  if (message.word == Word::Serving) return absl::OkStatus();
  return base::error(absl::StatusCode::kUnavailable, "it says something else than that it serves");
}

void Successor::end() const {
  if (process_handle_.valid()) {
    syscall(SYS_pidfd_send_signal, process_handle_.get(), SIGKILL, nullptr, 0);
  }
}

absl::StatusOr<TakeoverPort> TakeoverPort::open(const std::string& state_dir) {
  MEX_ASSIGN_OR_RETURN(base::Descriptor listening,
                       base::listen_message_socket(state_dir + kSocketName));
  return TakeoverPort(std::move(listening), state_dir + kSocketName);
}

void TakeoverPort::remove() {
  listening_.reset();
  unlink(path_.c_str());
}

absl::StatusOr<Successor> TakeoverPort::accept() {
  base::Descriptor connection(accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!connection.valid()) return base::errno_status(errno, "accept");
  limit_waiting(connection.get(), kForAWord);
  // First, for who closes a connection with something unread in it takes its own answer along.
  std::vector<base::Descriptor> none;
  const auto message = receive(connection.get(), none);
  const uid_t user = base::message_peer(connection.get()).user;
  if (user != 0 && user != geteuid()) {
    return refuse(connection.get(), base::error(absl::StatusCode::kPermissionDenied,
                                                "user {} may not take over", user));
  }
  if (!message.ok()) return refuse(connection.get(), message.status());
  if (message->word != Word::Ask) {
    return refuse(connection.get(), absl::InvalidArgumentError("a successor asks first"));
  }
  return Successor(std::move(connection));
}

absl::StatusOr<std::optional<Predecessor>> Predecessor::ask(const std::string& state_dir) {
  absl::StatusOr<base::Descriptor> connection =
      base::connect_message_socket(state_dir + kSocketName);
  if (absl::IsNotFound(connection.status())) return std::nullopt;
  MEX_RETURN_IF_ERROR(connection.status());
  limit_waiting(connection->get(), kForTheSockets);
  MEX_RETURN_IF_ERROR(send(connection->get(), {.word = Word::Ask}));
  std::vector<base::Descriptor> sockets;
  for (bool more = true; more;) {
    MEX_ASSIGN_OR_RETURN(const Message message, receive(connection->get(), sockets));
    if (message.word == Word::Refused) {
      return base::error(absl::StatusCode::kFailedPrecondition, "the running agent refuses: {}",
                         message.reason.data());
    }
    if (message.word != Word::Sockets) {
      return base::error(absl::StatusCode::kUnavailable, "the running agent gives no sockets");
    }
    more = message.more != 0;
  }
  net::ListeningSockets::of_process().inherit(std::move(sockets));
  return Predecessor(*std::move(connection));
}

absl::Status Predecessor::say_that_this_serves() {
  if (const std::size_t unused = net::ListeningSockets::of_process().close_inherited()) {
    log::warning("sockets of the agent before are of no use to this one", {{"count", unused}});
  }
  return send(connection_.get(), {.word = Word::Serving});
}

}  // namespace mex::agent
