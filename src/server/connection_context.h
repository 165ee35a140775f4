#pragma once

#include "net/buffer.h"
#include "net/event_loop.h"
#include "server/date_cache.h"
#include "server/exchange.h"
#include "server/server.h"
#include "server/server_metrics.h"

namespace mex::server {

// What all connections of a Server work with. Outlives them. Shard thread only.
struct ConnectionContext {
  ConnectionContext(net::EventLoop& event_loop, net::BufferPool& buffer_pool,
                    Service& shard_service, ServerOptions server_options);

  net::EventLoop& loop;
  net::BufferPool& buffers;
  Service& service;
  const ServerOptions options;
  ServerMetrics metrics;
  DateCache date;
  bool is_draining = false;
  bool closes_idle = false;  // DrainTimes::idle_grace is over
};

}  // namespace mex::server
