#include "server/connection_context.h"

#include <algorithm>
#include <utility>

namespace mex::server {
namespace {

// A head must fit into one block of the pool, with room to read on behind it.
ServerOptions with_usable_limits(ServerOptions options) {
  constexpr std::size_t kMaxHead = net::BufferPool::kMaxBlock - net::BufferPool::kBlockSize;
  options.limits.head = std::min(options.limits.head, kMaxHead);
  return options;
}

}  // namespace

ConnectionContext::ConnectionContext(net::EventLoop& event_loop, net::BufferPool& buffer_pool,
                                     Service& shard_service, ServerOptions server_options)
    : loop(event_loop),
      buffers(buffer_pool),
      service(shard_service),
      options(with_usable_limits(std::move(server_options))),
      metrics(options.name),
      date(event_loop) {}

}  // namespace mex::server
