#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "net/event_loop.h"
#include "proxy/balance/hash.h"
#include "proxy/mirrored_request.h"
#include "proxy/object_pool.h"
#include "proxy/proxy_context.h"
#include "proxy/route/mirror.h"
#include "proxy/route/rewrite.h"
#include "proxy/upstream/upstreams.h"
#include "server/exchange.h"

namespace mex::proxy {

// The requests of a shard that are copied to mirrors. Shard thread only.
class Mirrors {
 public:
  // All of them outlive this object.
  Mirrors(const ProxyContext& context, std::size_t shard_index, net::EventLoop& loop,
          upstream::Upstreams& upstreams);
  Mirrors(const Mirrors&) = delete;
  Mirrors& operator=(const Mirrors&) = delete;
  // Gives up copies under way. No exchange may be left.
  ~Mirrors() = default;

  // Begins to copy the request, if it is one of those that are copied; else null. What is returned
  // is fed by the exchange, which leaves it at its end. Requests for an upgrade are not copied:
  // what a tunnel would carry is an answer to the other side.
  MirroredRequest* copy(const server::Exchange& client,
                        const std::shared_ptr<const route::Mirror>& mirror,
                        const route::RequestTarget& target);

  // For its requests.
  net::EventLoop& loop() { return loop_; }
  std::size_t shard_index() const { return shard_index_; }
  bool trusts(const net::Address& peer) const { return context_.trusts(peer); }
  std::string_view agent_token() const { return context_.agent_token; }
  // Bytes that may wait for a mirror.
  std::size_t high_water() const { return context_.options.high_water; }
  // Null: the mirror, or all origins together, have as many connections as copies may take.
  upstream::OriginStream* acquire(upstream::OriginStreamHandler& handler,
                                  const route::Mirror& mirror);
  void give_back(MirroredRequest& request) { requests_.give_back(request); }

 private:
  const ProxyContext& context_;
  const std::size_t shard_index_;
  net::EventLoop& loop_;
  upstream::Upstreams& upstreams_;
  balance::Random random_;
  ObjectPool<MirroredRequest> requests_;
};

}  // namespace mex::proxy
