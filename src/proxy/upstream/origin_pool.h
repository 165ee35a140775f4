#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>

#include "net/timer.h"
#include "proxy/route/route.h"
#include "proxy/upstream/origin_context.h"
#include "proxy/upstream/origin_endpoint.h"

namespace mex::proxy::upstream {

// The origins of a shard. Shard thread only.
class OriginPool {
 public:
  explicit OriginPool(OriginContext& context);
  OriginPool(const OriginPool&) = delete;
  OriginPool& operator=(const OriginPool&) = delete;

  OriginEndpoint& endpoint_for(const route::Route& route) {
    return endpoint_for(route, route.action().origin_protocol());
  }
  // Over another protocol than the route's.
  OriginEndpoint& endpoint_for(const route::Route& route, route::OriginProtocol protocol);

  // Closes all idle connections, of whatever origin: others are needed. False if there was none.
  bool close_idle();

  std::size_t endpoints() const { return endpoints_.size(); }  // origins, whatever they speak

 private:
  // Of one origin, by protocol.
  using Endpoints = std::array<std::unique_ptr<OriginEndpoint>, 3>;

  void sweep();

  OriginContext& context_;
  std::unordered_map<std::string, Endpoints> endpoints_;
  net::Timer sweep_timer_;
};

}  // namespace mex::proxy::upstream
