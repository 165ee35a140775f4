#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

#include "net/event_loop.h"
#include "net/timer.h"
#include "proxy/route/snapshot.h"

namespace mex::proxy {

class ProxyExchange;

// The exchanges of a shard that have become tunnels (WebSocket). They survive every change of the
// routes that does not remove theirs. Shard thread only.
class Tunnels {
 public:
  // `grace`: how long one may go on when its route has been removed.
  Tunnels(net::EventLoop& loop, std::chrono::milliseconds grace);
  Tunnels(const Tunnels&) = delete;
  Tunnels& operator=(const Tunnels&) = delete;

  void begin(ProxyExchange& exchange);
  void end(ProxyExchange& exchange);
  std::size_t size() const { return tunnels_.size(); }

  // The routes are these from now on.
  void use(route::SnapshotPtr snapshot);

 private:
  void end_those_without_route();

  const std::chrono::milliseconds grace_;
  std::vector<ProxyExchange*> tunnels_;
  route::SnapshotPtr snapshot_;
  net::Timer timer_;
};

}  // namespace mex::proxy
