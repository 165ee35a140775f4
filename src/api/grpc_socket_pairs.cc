#include "api/grpc_socket_pairs.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstring>

#include "base/random_id.h"
#include "base/status.h"

namespace mex::api {
namespace {

constexpr std::string_view kPeerScheme = "unix-abstract:";

struct UnixName {
  sockaddr_un address{};
  socklen_t size = sizeof(sockaddr_un);

  const sockaddr* data() const { return reinterpret_cast<const sockaddr*>(&address); }
  std::string_view text() const {
    return {address.sun_path + 1, size - offsetof(sockaddr_un, sun_path) - 1};
  }
};

UnixName unix_name(std::string_view text) {
  UnixName name;
  name.address.sun_family = AF_UNIX;
  std::memcpy(name.address.sun_path + 1, text.data(), text.size());
  name.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + text.size());
  return name;
}

absl::StatusOr<base::Descriptor> socket_named(std::string_view text) {
  base::Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return base::errno_status(errno, "socket");
  const UnixName name = unix_name(text);
  if (bind(socket.get(), name.data(), name.size) != 0) return base::errno_status(errno, "bind");
  return socket;
}

}  // namespace

absl::StatusOr<GrpcSocketPairs> GrpcSocketPairs::open() {
  std::string prefix = "mexosagent-" + base::random_hex(16);
  MEX_ASSIGN_OR_RETURN(base::Descriptor listener, socket_named(prefix));
  if (listen(listener.get(), 16) != 0) return base::errno_status(errno, "listen");
  return GrpcSocketPairs(std::move(prefix), std::move(listener));
}

absl::StatusOr<GrpcSocketPairs::Pair> GrpcSocketPairs::make(std::uint64_t number) const {
  const std::string own_name = fmt::format("{}-{}", prefix_, number);
  const UnixName meeting = unix_name(prefix_);
  Pair pair;
  MEX_ASSIGN_OR_RETURN(pair.ours, socket_named(own_name));
  if (connect(pair.ours.get(), meeting.data(), meeting.size) != 0) {
    return base::errno_status(errno, "connect");
  }
  for (;;) {
    UnixName peer;
    pair.grpc.reset(accept4(listener_.get(), reinterpret_cast<sockaddr*>(&peer.address), &peer.size,
                            SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!pair.grpc.valid()) return base::errno_status(errno, "accept");
    // Others of this machine may connect, too: they are dropped.
    if (peer.size > offsetof(sockaddr_un, sun_path) && peer.text() == own_name) return pair;
  }
}

std::optional<std::uint64_t> GrpcSocketPairs::number_of(std::string_view peer) {
  if (!peer.starts_with(kPeerScheme)) return std::nullopt;
  const std::size_t dash = peer.rfind('-');
  std::uint64_t number = 0;
  const char* end = peer.data() + peer.size();
  const auto [stop, error] = std::from_chars(peer.data() + dash + 1, end, number);
  if (error != std::errc() || stop != end) return std::nullopt;
  return number;
}

}  // namespace mex::api
