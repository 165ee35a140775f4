#pragma once

#include <cstddef>
#include <memory>

#include "net/buffer.h"
#include "net/event_loop.h"
#include "net/origin_policy.h"
#include "proxy/options.h"
#include "proxy/upstream/origin_context.h"
#include "proxy/upstream/origin_pool.h"
#include "proxy/upstream/resolver.h"
#include "tls/client_context.h"

namespace mex::proxy::upstream {

// The origins of a shard with what it takes to reach them: resolver and TLS settings. What cannot
// be had is logged, and the origins that need it cannot be reached. Shard thread only.
class Upstreams {
 public:
  // All of them outlive this object.
  Upstreams(net::EventLoop& loop, net::BufferPool& buffers, const Options& options,
            const net::OriginPolicy& policy);

  OriginPool& origins() { return origins_; }
  // Connections with an exchange.
  const std::size_t& busy() const { return context_.busy; }

 private:
  std::unique_ptr<Resolver> resolver_;
  std::shared_ptr<const tls::ClientContext> tls_;
  OriginContext context_;
  OriginPool origins_;
};

}  // namespace mex::proxy::upstream
