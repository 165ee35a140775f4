#pragma once

#include <utility>

#include "base/descriptor.h"
#include "net/address.h"
#include "net/event_loop.h"
#include "tls/client_hello.h"

namespace mex::server {

class ServerCore;
struct Client;

// A connection's place among those of its server: it counts as open while this object exists, so
// the limits of its client and the server's draining include intercepted connections.
class ConnectionPlace {
 public:
  ConnectionPlace(ServerCore& core, Client& client) : core_(&core), client_(client) {}
  ConnectionPlace(ConnectionPlace&& other) noexcept
      : core_(std::exchange(other.core_, nullptr)), client_(other.client_) {}
  ConnectionPlace& operator=(ConnectionPlace&&) = delete;
  ~ConnectionPlace();

 private:
  ServerCore* core_;
  Client& client_;
};

// A client's connection of which nothing has been read.
struct InterceptedConnection {
  base::Descriptor socket;
  net::EventLoop::WatchId watch;  // to be handed over: EventLoop::hand_over
  net::Address peer;
  ConnectionPlace place;
};

// Takes TLS connections away from a server before it answers them, by the name that the client asks
// for: names whose TLS ends elsewhere. Shard thread only.
class TlsInterceptor {
 public:
  // False: no connection is intercepted now, and none needs to be peeked at.
  virtual bool is_active() const = 0;
  // For a complete ClientHello with a name in it.
  virtual bool intercepts(const tls::ClientHello& asked) const = 0;
  // For a client that intercepts() is true for.
  virtual void intercept(const tls::ClientHello& asked, InterceptedConnection connection) = 0;
  // Ends the intercepted connection that has been silent for longest, if it has been for a while:
  // another one needs its place. False: there is none.
  virtual bool cut_silent() = 0;
  // Ends all connections that were intercepted, now.
  virtual void cut_intercepted() = 0;

 protected:
  ~TlsInterceptor() = default;
};

}  // namespace mex::server
