#include "proxy/tunnels.h"

#include <utility>

#include "proxy/proxy_exchange.h"
#include "proxy/proxy_metrics.h"

namespace mex::proxy {

Tunnels::Tunnels(net::EventLoop& loop, std::chrono::milliseconds grace)
    : grace_(grace), timer_(loop.timers(), [this] { end_those_without_route(); }) {}

void Tunnels::begin(ProxyExchange& exchange) {
  tunnels_.push_back(&exchange);
  ProxyMetrics::get().tunnels.add(1);
}

void Tunnels::end(ProxyExchange& exchange) {
  std::erase(tunnels_, &exchange);
  ProxyMetrics::get().tunnels.add(-1);
}

void Tunnels::use(route::SnapshotPtr snapshot) {
  snapshot_ = std::move(snapshot);
  if (!tunnels_.empty() && !timer_.armed()) timer_.arm(grace_);
}

void Tunnels::end_those_without_route() {
  for (ProxyExchange* tunnel : tunnels_) {
    if (snapshot_->routes.find(tunnel->route().rule()) == nullptr) tunnel->end_tunnel();
  }
}

}  // namespace mex::proxy
