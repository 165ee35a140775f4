#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "net/address.h"

namespace mex::nginx {

// A socket of this machine that clients can reach: TCP that listens, UDP that is not connected.
struct Listener {
  net::Address address;
  bool udp = false;
};

// All of the network namespace of the calling thread, whichever process has them: proc(5), net/tcp
// and its kin.
absl::StatusOr<std::vector<Listener>> listening_ports();

// The sockets of one such file. Lines that are not understood are left out.
std::vector<Listener> parse_sockets(std::string_view text, bool udp);

// The addresses of this machine but link-local ones, sorted: what a port can be listened on.
std::vector<std::string> local_addresses();

}  // namespace mex::nginx
