#pragma once

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

  OriginEndpoint& endpoint_for(const route::Route& route);

  // Closes all idle connections, of whatever origin: others are needed. False if there was none.
  bool close_idle();

  std::size_t endpoints() const { return endpoints_.size(); }

 private:
  void sweep();

  OriginContext& context_;
  std::unordered_map<std::string, std::unique_ptr<OriginEndpoint>> endpoints_;
  net::Timer sweep_timer_;
};

}  // namespace mex::proxy::upstream
