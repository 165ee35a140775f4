#pragma once

#include <cstddef>
#include <memory>

#include "net/buffer.h"
#include "net/event_loop.h"
#include "net/origin_policy.h"
#include "proxy/options.h"
#include "proxy/upstream/resolver.h"
#include "tls/client_context.h"

namespace mex::proxy::upstream {

class OriginPool;
namespace http2 {
class Library;
}

// What a shard's connections to origins work with; all of it outlives them.
struct OriginContext {
  net::EventLoop& loop;
  net::BufferPool& buffers;
  const Options& options;
  const net::OriginPolicy& policy;
  Resolver* resolver = nullptr;             // null: host names cannot be resolved
  const tls::ClientContext* tls = nullptr;  // null: https origins cannot be reached
  std::size_t busy = 0;                     // connections with an exchange
  std::size_t open = 0;                     // these and the idle ones
  OriginPool* pool = nullptr;               // set by the pool itself
  std::shared_ptr<http2::Library> http2{};  // made when it is needed
};

}  // namespace mex::proxy::upstream
