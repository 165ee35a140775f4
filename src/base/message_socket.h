#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/descriptor.h"

// Sockets of this machine that carry whole messages and descriptors with them (unix(7),
// SOCK_SEQPACKET).
namespace mex::base {

// Descriptors that a message may have.
inline constexpr std::size_t kMaxMessageDescriptors = 64;

// NotFound: nothing has that path, or no one listens there any more. Unavailable: another reason.
absl::StatusOr<Descriptor> connect_message_socket(const std::string& path);

// Replaces what has that path. Only this user and root may connect; the next accept() does not
// wait.
absl::StatusOr<Descriptor> listen_message_socket(const std::string& path);

// Who has connected, as the kernel knows it; -1 for both if it does not.
struct MessagePeer {
  pid_t process = -1;
  uid_t user = static_cast<uid_t>(-1);
};
MessagePeer message_peer(int socket);

// One message. `descriptors`: to go with it; in receive_message() those that came. Unavailable: the
// other side is gone, or took longer than SO_SNDTIMEO or SO_RCVTIMEO allow. InvalidArgument: what
// came has another size.
absl::Status send_message(int socket, const void* data, std::size_t size,
                          const std::vector<int>& descriptors);
absl::Status receive_message(int socket, void* data, std::size_t size,
                             std::vector<Descriptor>& descriptors);

}  // namespace mex::base
