#include "agent/service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstddef>

#include "base/descriptor.h"
#include "base/status.h"

namespace mex::agent {

absl::Status announce_main_process(const std::string& socket, pid_t process) {
  if (socket.empty()) return absl::OkStatus();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket.size() >= sizeof address.sun_path) return base::errno_status(ENAMETOOLONG, socket);
  socket.copy(address.sun_path, socket.size());
  if (socket.front() == '@') address.sun_path[0] = '\0';  // a name without a file (unix(7))
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket.size());
  const std::string text = "MAINPID=" + std::to_string(process);
  const base::Descriptor sending(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (sendto(sending.get(), text.data(), text.size(), MSG_NOSIGNAL,
             reinterpret_cast<const sockaddr*>(&address), length) < 0) {
    return base::errno_status(errno, socket);
  }
  return absl::OkStatus();
}

}  // namespace mex::agent
