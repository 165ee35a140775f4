#pragma once

#include <cstddef>
#include <limits>

namespace mex::server {

// How many connections a server keeps on one shard, and how many of them one client may have
// (ClientKey). No limit of a client unless one is given.
struct ConnectionLimits {
  static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

  std::size_t connections = 20'000;
  // More places, for connections that come when none of the others can make room: they are answered
  // probes only (Service::is_probe).
  std::size_t probes = 0;
  // Connections that a TlsInterceptor has taken; they do not count among the others.
  std::size_t intercepted = kNone;
  std::size_t client_intercepted = kNone;  // of these
  std::size_t client_connections = kNone;
  std::size_t client_handshakes = kNone;  // of TLS, under way
  std::size_t client_requests = kNone;    // under way, tunnels among them; then 429
};

}  // namespace mex::server
