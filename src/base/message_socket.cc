#include "base/message_socket.h"

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

absl::StatusOr<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return errno_status(ENAMETOOLONG, path);
  path.copy(address.sun_path, path.size());
  return address;
}

}  // namespace

absl::StatusOr<Descriptor> connect_message_socket(const std::string& path) {
  MEX_ASSIGN_OR_RETURN(const sockaddr_un address, address_of(path));
  Descriptor connection(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (!connection.valid()) return errno_status(errno, "socket");
  if (connect(connection.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    return connection;
  }
  const bool is_absent = errno == ENOENT || errno == ECONNREFUSED;
  return error(is_absent ? absl::StatusCode::kNotFound : absl::StatusCode::kUnavailable, "{}: {}",
               path, std::strerror(errno));
}

absl::StatusOr<Descriptor> listen_message_socket(const std::string& path) {
  MEX_ASSIGN_OR_RETURN(const sockaddr_un address, address_of(path));
  Descriptor listening(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!listening.valid()) return errno_status(errno, "socket");
  if (unlink(path.c_str()) != 0 && errno != ENOENT) return errno_status(errno, path);
  // Before anyone can connect: its mode is what bind() makes of the socket's own.
  if (fchmod(listening.get(), S_IRUSR | S_IWUSR) != 0 ||
      bind(listening.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
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
