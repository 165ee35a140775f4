#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/buffer.h"
#include "net/event_loop.h"
#include "proxy/exchange_notes.h"
#include "proxy/guard/guards.h"
#include "proxy/mirrors.h"
#include "proxy/object_pool.h"
#include "proxy/passed_headers.h"
#include "proxy/passthrough.h"
#include "proxy/proxy_context.h"
#include "proxy/proxy_exchange.h"
#include "proxy/queue/origin_queue.h"
#include "proxy/request_path.h"
#include "proxy/route/rewrite.h"
#include "proxy/route/snapshot.h"
#include "proxy/shard_logs.h"
#include "proxy/tunnels.h"
#include "proxy/upstream/origin_pool.h"
#include "proxy/upstream/origin_stream.h"
#include "proxy/upstream/upstreams.h"
#include "server/exchange.h"

namespace mex::proxy {

// A snapshot and how many exchanges of this shard still look into it.
struct Epoch {
  route::SnapshotPtr snapshot;
  std::size_t users = 0;
};

// The proxy of one shard: routes requests by the snapshot it was handed last and keeps the shard's
// connections to origins. Shard thread only.
class ShardService final : public server::Service {
 public:
  ShardService(const ProxyContext& context, std::size_t shard_index, net::EventLoop& loop,
               net::BufferPool& buffers);
  ShardService(const ShardService&) = delete;
  ShardService& operator=(const ShardService&) = delete;
  // No exchange may be left.
  ~ShardService() override;

  void on_request(server::Exchange& exchange) override;
  void on_refused(const server::RefusedRequest& request) override;
  server::TlsInterceptor* tls_interceptor() override { return &passthrough_; }
  Passthrough& passthrough() { return passthrough_; }

  // For requests from now on; those in flight keep the routes they began with.
  void use(route::SnapshotPtr snapshot);

  std::size_t exchanges() const { return exchanges_.in_use(); }
  std::size_t snapshots_held() const { return epochs_.size(); }
  std::size_t busy_origin_connections() const { return upstreams_.busy(); }

  // For its exchanges.
  const ProxyContext& context() const { return context_; }
  net::EventLoop& loop() { return loop_; }
  std::size_t shard_index() const { return shard_index_; }
  upstream::OriginPool& origins() { return upstreams_.origins(); }
  queue::OriginQueue& queue() { return queue_; }
  Mirrors& mirrors() { return mirrors_; }
  Tunnels& tunnels() { return tunnels_; }
  PassedHeaders& passed_headers() { return passed_headers_; }
  ShardLogs& logs() { return logs_; }
  // Sends the request's head to the origin; false if it cannot be written.
  bool send_request(const server::Exchange& client, const route::Route& route,
                    const route::RequestTarget& target, const upstream::OriginLimits& limits,
                    ExchangeNotes& notes, upstream::OriginStream& origin);
  std::shared_ptr<const route::Route> keep_route(const Epoch& epoch, const route::Route& route);
  void release(Epoch& epoch);
  void give_back(ProxyExchange& exchange) { exchanges_.give_back(exchange); }

 private:
  // What the access log says of a request that is answered here.
  struct Answered {
    const route::Route* route = nullptr;
    std::string_view error;
    bool is_proxied = false;  // it is not: its exchange logs itself
  };

  void serve(server::Exchange& exchange, Answered& answered);
  void serve(server::Exchange& exchange, const route::Match& match, Answered& answered);
  // False: it was answered here.
  bool proxy(server::Exchange& exchange, const route::Route& route, guard::Guards::Ticket ticket);

  const ProxyContext& context_;
  const std::size_t shard_index_;
  net::EventLoop& loop_;
  ShardLogs logs_;
  upstream::Upstreams upstreams_;
  queue::OriginQueue queue_;
  Mirrors mirrors_;
  Passthrough passthrough_;
  std::vector<std::unique_ptr<Epoch>> epochs_;  // the current one is the last
  ObjectPool<ProxyExchange> exchanges_;
  Tunnels tunnels_;
  RequestPath path_;
  PassedHeaders passed_headers_;
};

}  // namespace mex::proxy
