#include "proxy/mirrors.h"

#include "proxy/upstream/origin_pool.h"

namespace mex::proxy {
namespace {

// Of a shard. A mirror that stands still holds no more than these, and copies never take the second
// half of the connections that all origins may have.
constexpr std::size_t kConnectionsPerMirror = 64;

}  // namespace

Mirrors::Mirrors(const ProxyContext& context, std::size_t shard_index, net::EventLoop& loop,
                 upstream::Upstreams& upstreams)
    : context_(context),
      shard_index_(shard_index),
      loop_(loop),
      upstreams_(upstreams),
      random_(shard_index),
      requests_(loop) {}

MirroredRequest* Mirrors::copy(const server::Exchange& client,
                               const std::shared_ptr<const route::Mirror>& mirror,
                               const route::RequestTarget& target) {
  if (client.request().wants_upgrade) return nullptr;
  if (mirror->percent() < 100 && random_.below(100) >= static_cast<unsigned>(mirror->percent())) {
    return nullptr;
  }
  MirroredRequest& request = requests_.take(*this);
  request.start(client, mirror, target);
  return &request;
}

upstream::OriginStream* Mirrors::acquire(upstream::OriginStreamHandler& handler,
                                         const route::Mirror& mirror) {
  if (upstreams_.busy() >= context_.options.max_origin_connections / 2) return nullptr;
  return upstreams_.origins()
      .endpoint_for(mirror.route())
      .acquire(handler, true, {.max_connections = kConnectionsPerMirror});
}

}  // namespace mex::proxy
