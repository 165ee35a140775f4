#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "proxy/route/route.h"
#include "proxy/upstream/origin_addresses.h"
#include "proxy/upstream/origin_connection.h"
#include "proxy/upstream/origin_context.h"
#include "proxy/upstream/origin_limits.h"
#include "proxy/upstream/origin_stream.h"
#include "proxy/upstream/resolver.h"
#include "tls/application_protocol.h"

namespace mex::proxy::upstream {

// All connections of a shard to one origin, in use or idle. Shard thread only.
class OriginEndpoint {
 public:
  OriginEndpoint(OriginContext& context, const route::Route& route, route::OriginProtocol protocol);
  OriginEndpoint(const OriginEndpoint&) = delete;
  OriginEndpoint& operator=(const OriginEndpoint&) = delete;
  // Idle connections are closed; there must be no other ones.
  ~OriginEndpoint();

  // A stream on the idle connection used last (if `reuse`), ready for send_head(); or on a new one
  // that calls on_origin_ready later: is_ready() says which. Over HTTP/2 on any connection that has
  // room, and without `reuse` on one that was never idle. Null when the origin has as
  // many connections as are allowed.
  OriginStream* acquire(OriginStreamHandler& handler, bool reuse, const OriginLimits& limits = {});

  bool empty() const { return connections_.empty(); }
  void close_idle();

  // For the connections.
  const std::string& host() const { return host_; }
  bool tls() const { return tls_; }
  OriginContext& context() { return context_; }
  OriginAddresses& addresses() { return addresses_; }
  // By ALPN, and what is spoken on the next connection.
  tls::ApplicationProtocol offered() const;
  bool expects_http2() const { return expects_http2_; }
  // What ALPN has chosen. False if a connection is of no use for that.
  bool choose_protocol(std::string_view chosen);
  void give_back(OriginConnection& connection);
  void remove(OriginConnection& connection);

 private:
  OriginConnection* find_connection(bool reuse);
  OriginConnection* take_idle();
  OriginConnection* find_room(bool reuse);
  OriginConnection* create_connection(const OriginLimits& limits);
  bool addresses_known() const;
  void resolve();
  void on_resolved(Resolution resolution);

  OriginContext& context_;
  const std::string host_;
  const std::uint16_t port_;
  const bool tls_;
  const route::OriginProtocol protocol_;
  bool expects_http2_;
  bool is_literal_ = false;
  bool is_resolving_ = false;
  OriginAddresses addresses_;
  base::SteadyTime addresses_expire_{};
  std::vector<std::unique_ptr<OriginConnection>> connections_;
  std::vector<OriginConnection*> idle_;  // the one used last is at the end
  // Answers of the resolver that come after the endpoint is gone find this empty.
  std::shared_ptr<OriginEndpoint*> self_ = std::make_shared<OriginEndpoint*>(this);
};

}  // namespace mex::proxy::upstream
