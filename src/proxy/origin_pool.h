#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "http/origin_url.h"
#include "net/address.h"
#include "net/buffer.h"
#include "net/event_loop.h"
#include "net/origin_policy.h"
#include "net/timer.h"
#include "proxy/options.h"
#include "proxy/origin_connection.h"
#include "proxy/resolver.h"
#include "proxy/route/route.h"
#include "tls/client_context.h"

namespace mex::proxy {

// What a shard's connections to origins need; all of it outlives them.
struct OriginContext {
  net::EventLoop& loop;
  net::BufferPool& buffers;
  const Options& options;
  const net::OriginPolicy& policy;
  Resolver* resolver = nullptr;             // null: host names cannot be resolved
  const tls::ClientContext* tls = nullptr;  // null: https origins cannot be reached
  std::size_t busy = 0;                     // connections with an exchange, for metrics
};

// All connections of a shard to one origin, in use or idle. Shard thread only.
class OriginEndpoint {
 public:
  OriginEndpoint(OriginContext& context, const route::Route& route);
  OriginEndpoint(const OriginEndpoint&) = delete;
  OriginEndpoint& operator=(const OriginEndpoint&) = delete;
  // Idle connections are closed; there must be no other ones.
  ~OriginEndpoint();

  // The idle connection used last (if `reuse`), ready for begin_request(); or a new one that calls
  // on_origin_ready later. Its state() tells. Null when the origin has as many connections as are
  // allowed.
  OriginConnection* acquire(OriginStreamHandler& user, bool reuse);

  bool empty() const { return connections_.empty(); }

  // For the connections.
  const std::string& key() const { return key_; }
  const std::string& host() const { return host_; }
  bool tls() const { return tls_; }
  OriginContext& context() { return context_; }
  const std::vector<net::Address>& addresses() const { return addresses_; }
  void prefer_address(std::size_t index);  // it has just worked
  void give_back(OriginConnection& connection);
  void remove(OriginConnection& connection);

 private:
  OriginConnection* take_idle(OriginStreamHandler& user);
  bool addresses_known() const;
  void resolve();
  void on_resolved(Resolution resolution);

  OriginContext& context_;
  const std::string key_;
  const std::string host_;
  const std::uint16_t port_;
  const bool tls_;
  bool literal_ = false;
  bool resolving_ = false;
  std::vector<net::Address> addresses_;
  base::SteadyTime addresses_expire_{};
  std::vector<std::unique_ptr<OriginConnection>> connections_;
  std::vector<OriginConnection*> idle_;  // the one used last is at the end
  // Answers of the resolver that come after the group is gone find this empty.
  std::shared_ptr<OriginEndpoint*> self_ = std::make_shared<OriginEndpoint*>(this);
};

// The origins of a shard. Shard thread only.
class OriginPool {
 public:
  explicit OriginPool(OriginContext& context);
  OriginPool(const OriginPool&) = delete;
  OriginPool& operator=(const OriginPool&) = delete;

  OriginEndpoint& endpoint_for(const route::Route& route);

  std::size_t endpoints() const { return endpoints_.size(); }

 private:
  void sweep();

  OriginContext& context_;
  std::unordered_map<std::string, std::unique_ptr<OriginEndpoint>> endpoints_;
  net::Timer sweep_timer_;
};

}  // namespace mex::proxy
