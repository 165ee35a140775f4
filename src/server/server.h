#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "http/request_parser.h"
#include "net/address.h"
#include "net/address_range.h"
#include "net/buffer.h"
#include "net/event_loop.h"
#include "server/connection_limits.h"
#include "server/exchange.h"
#include "server/http2_options.h"
#include "tls/server_context.h"

namespace mex::server {

struct ServerOptions {
  // Label `server` of its metrics: "rest", "proxy".
  std::string name = "http";
  http::RequestLimits limits;
  ConnectionLimits connections;
  Http2Options http2;
  std::size_t output_high_water = 64U << 10U;  // output_full() from here on; drained at half
  // Of a request body that no handler wants, before the connection is given up instead.
  std::uint64_t discard_limit = 64U << 10U;
  std::chrono::milliseconds handshake_timeout{10'000};       // TLS
  std::chrono::milliseconds head_timeout{10'000};            // first byte to whole head; then 408
  std::chrono::milliseconds body_idle_timeout{30'000};       // between two pieces of a body
  std::chrono::milliseconds idle_timeout{75'000};            // between two requests
  std::chrono::milliseconds write_timeout{30'000};           // no output byte taken meanwhile
  std::chrono::milliseconds tunnel_idle_timeout{3'600'000};  // neither direction
  std::chrono::milliseconds linger_timeout{2'000};  // after our FIN, for the client to read the end
  // Load balancers that begin each connection with a PROXY header (net/proxy_protocol.h), which
  // says who the client is. One that does not is not served.
  std::vector<net::AddressRange> proxy_protocol_peers;
  // Waiting for the client in the middle of a request, before another one may have its place.
  std::chrono::milliseconds stall_time{1'000};
};

// How long a server drains.
struct DrainTimes {
  std::chrono::milliseconds deadline;  // what is left then is cut
  // Until connections without a request close. Meanwhile each may be asked once more, so that no
  // request meets a connection that is just being closed (RFC 9112 section 9.6).
  std::chrono::milliseconds idle_grace{0};
};

class ServerCore;

// The HTTP server of one shard: one listening address and its sessions. Shard thread only.
class Server final {
 public:
  // All four outlive the server.
  Server(net::EventLoop& loop, net::BufferPool& buffers, Service& service, ServerOptions options);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  // Cuts what is left of the sessions; their handlers get on_closed(Draining).
  ~Server();

  // Errors name the address. `tls` may be null for plain HTTP.
  absl::Status listen(const net::Address& address, std::shared_ptr<const tls::ServerContext> tls);
  const net::Address& local_address() const;

  // For connections accepted from now on.
  void replace_tls(std::shared_ptr<const tls::ServerContext> tls);

  // Stops accepting, lets exchanges finish with "Connection: close", closes idle sessions, cuts
  // what is left at the deadline; then calls `done`, once, possibly before it returns. Tunnels end
  // at the deadline.
  void drain(DrainTimes times, std::function<void()> done);

  // New times for a drain that goes on. Nothing without one.
  void hasten_drain(DrainTimes times);

  std::size_t connections() const;

 private:
  std::unique_ptr<ServerCore> core_;
};

}  // namespace mex::server
