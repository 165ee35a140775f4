#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/header_list.h"
#include "net/buffer.h"
#include "net/event_loop.h"
#include "net/origin_policy.h"
#include "net/timer.h"
#include "proxy/options.h"
#include "proxy/origin_pool.h"
#include "proxy/passthrough.h"
#include "proxy/proxy_exchange.h"
#include "proxy/resolver.h"
#include "proxy/route/snapshot.h"
#include "server/exchange.h"
#include "tls/client_context.h"

namespace mex::proxy {

// A snapshot and how many exchanges of this shard still look into it.
struct Epoch {
  route::SnapshotPtr snapshot;
  std::size_t users = 0;
};

// What all shards have in common. Immutable; outlives them.
struct ProxyContext {
  Options options;
  net::OriginPolicy policy;
  std::string agent_token;  // names this agent in CDN-Loop; a token of RFC 9110
};

// The proxy of one shard: routes requests by the snapshot it was handed last and keeps the shard's
// connections to origins. Shard thread only.
class ShardService final : public server::Service {
 public:
  ShardService(const ProxyContext& settings, std::size_t shard_index, net::EventLoop& loop,
               net::BufferPool& buffers);
  ShardService(const ShardService&) = delete;
  ShardService& operator=(const ShardService&) = delete;
  // No exchange may be left.
  ~ShardService() override;

  void on_request(server::Exchange& exchange) override;
  server::TlsInterceptor* tls_interceptor() override { return &passthrough_; }
  Passthrough& passthrough() { return passthrough_; }

  // For requests from now on; those in flight keep the routes they began with.
  void use(route::SnapshotPtr snapshot);

  std::size_t exchanges() const { return exchanges_.size() - free_.size() - recycled_.size(); }
  std::size_t tunnels() const { return tunnels_.size(); }
  std::size_t snapshots_held() const { return epochs_.size(); }
  std::size_t busy_origin_connections() const { return context_.busy; }

  // For its exchanges.
  net::EventLoop& loop() { return context_.loop; }
  const Options& options() const { return settings_.options; }
  std::size_t shard_index() const { return shard_index_; }
  OriginPool& origins() { return origins_; }
  // Where the header fields of one response are listed, one response at a time.
  static constexpr std::size_t kMaxHeaderViews = http::HeaderList::kCapacity + 1;
  std::span<server::HeaderView, kMaxHeaderViews> header_space() { return header_space_; }
  // Writes the request's head to the origin; bytes written, 0 if it cannot be.
  std::size_t write_request(const server::Exchange& client, const route::Route& route,
                            OriginConnection& origin);
  std::shared_ptr<const route::Route> keep_route(const Epoch& epoch, const route::Route& route);
  void tunnel_began(ProxyExchange& exchange);
  void tunnel_ended(ProxyExchange& exchange);
  void release(Epoch& epoch);
  void recycle(ProxyExchange& exchange);

 private:
  void proxy(server::Exchange& exchange, const route::Route& route);
  ProxyExchange& free_exchange();
  void end_tunnels_without_route();
  bool is_trusted(const net::Address& peer) const;

  const ProxyContext& settings_;
  const std::size_t shard_index_;
  std::unique_ptr<Resolver> resolver_;
  std::shared_ptr<const tls::ClientContext> tls_;
  OriginContext context_;
  OriginPool origins_;
  Passthrough passthrough_;
  std::vector<std::unique_ptr<Epoch>> epochs_;  // the current one is the last
  std::vector<std::unique_ptr<ProxyExchange>> exchanges_;
  std::vector<ProxyExchange*> free_;
  std::vector<ProxyExchange*> recycled_;  // may still be on the stack
  net::Deferred free_recycled_;
  std::vector<ProxyExchange*> tunnels_;
  net::Timer tunnel_timer_;
  std::string path_space_;
  std::array<server::HeaderView, kMaxHeaderViews> header_space_;
};

}  // namespace mex::proxy
