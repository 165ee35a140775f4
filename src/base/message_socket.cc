#include "base/message_socket.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/status.h"

namespace mex::base {
namespace {

// An address has room for 107 characters only (unix(7)); a longer path goes by its directory's
// descriptor, which is open as long as this exists.
class SocketPath {
 public:
  static absl::StatusOr<SocketPath> of(const std::string& path) {
    SocketPath made;
    if (made.set(path)) return made;
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos) return errno_status(ENAMETOOLONG, path);
    made.directory_.reset(
        open(path.substr(0, slash + 1).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!made.directory_.valid()) {
      return error(errno == ENOENT ? absl::StatusCode::kNotFound : absl::StatusCode::kUnavailable,
                   "{}: {}", path, std::strerror(errno));
    }
    const std::string short_path =
        fmt::format("/proc/self/fd/{}{}", made.directory_.get(), path.substr(slash));
    if (!made.set(short_path)) return errno_status(ENAMETOOLONG, path);
    return made;
  }
  const char* path() const { return address_.sun_path; }
  const sockaddr* address() const { return reinterpret_cast<const sockaddr*>(&address_); }
  static socklen_t size() { return sizeof(sockaddr_un); }

 private:
  SocketPath() { address_.sun_family = AF_UNIX; }
  bool set(const std::string& path) {
    if (path.size() >= sizeof address_.sun_path) return false;
    path.copy(address_.sun_path, path.size());
    return true;
  }

  Descriptor directory_;
  sockaddr_un address_{};
};

}  // namespace

absl::StatusOr<Descriptor> connect_message_socket(const std::string& path) {
  MEX_ASSIGN_OR_RETURN(const SocketPath place, SocketPath::of(path));
  Descriptor connection(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (!connection.valid()) return errno_status(errno, "socket");
  if (connect(connection.get(), place.address(), SocketPath::size()) == 0) return connection;
  const bool is_absent = errno == ENOENT || errno == ECONNREFUSED;
  return error(is_absent ? absl::StatusCode::kNotFound : absl::StatusCode::kUnavailable, "{}: {}",
               path, std::strerror(errno));
}

absl::StatusOr<Descriptor> listen_message_socket(const std::string& path) {
  MEX_ASSIGN_OR_RETURN(const SocketPath place, SocketPath::of(path));
  Descriptor listening(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!listening.valid()) return errno_status(errno, "socket");
  if (unlink(place.path()) != 0 && errno != ENOENT) return errno_status(errno, path);
  // Before anyone can connect: its mode is what bind() makes of the socket's own.
  if (fchmod(listening.get(), S_IRUSR | S_IWUSR) != 0 ||
      bind(listening.get(), place.address(), SocketPath::size()) != 0 ||
      listen(listening.get(), SOMAXCONN) != 0) {
    return errno_status(errno, path);
  }
  return listening;
}

MessagePeer message_peer(int socket) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return {};
  return {.process = credentials.pid, .user = credentials.uid};
}

absl::Status send_message(int socket, const void* data, std::size_t size,
                          const std::vector<int>& descriptors) {
  iovec part{.iov_base = const_cast<void*>(data), .iov_len = size};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(kMaxMessageDescriptors * sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (!descriptors.empty()) {
    const std::size_t bytes = std::min(descriptors.size(), kMaxMessageDescriptors) * sizeof(int);
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(bytes);
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(bytes);
    std::memcpy(CMSG_DATA(header), descriptors.data(), bytes);
  }
  ssize_t sent = 0;
  while ((sent = sendmsg(socket, &message, MSG_NOSIGNAL)) < 0 && errno == EINTR) {
  }
  if (sent == static_cast<ssize_t>(size)) return absl::OkStatus();
  return error(absl::StatusCode::kUnavailable, "the other side: {}", std::strerror(errno));
}

absl::Status receive_message(int socket, void* data, std::size_t size,
                             std::vector<Descriptor>& descriptors) {
  iovec part{.iov_base = data, .iov_len = size};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(kMaxMessageDescriptors * sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  ssize_t got = 0;
  while ((got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR) {
  }
  if (got < 0)
    return error(absl::StatusCode::kUnavailable, "the other side: {}", std::strerror(errno));
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
       header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int number = -1;
      std::memcpy(&number, CMSG_DATA(header) + i * sizeof(int), sizeof number);
      descriptors.emplace_back(number);
    }
  }
  if (got == 0) return absl::UnavailableError("the other side has ended");
  const bool is_whole =
      got == static_cast<ssize_t>(size) && (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0;
  return is_whole ? absl::OkStatus()
                  : absl::InvalidArgumentError("a message of another size than expected");
}

}  // namespace mex::base
