#include "proxy/upstream/origin_pool.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace mex::proxy::upstream {
namespace {

// Endpoints without any connection are removed at this pace, so that routes that come and go leave
// nothing behind.
constexpr std::chrono::seconds kSweepInterval{60};

}  // namespace

OriginPool::OriginPool(OriginContext& context)
    : context_(context), sweep_timer_(context.loop.timers(), [this] { sweep(); }) {
  context_.pool = this;
}

OriginEndpoint& OriginPool::endpoint_for(const route::Route& route,
                                         route::OriginProtocol protocol) {
  const auto found = endpoints_.find(route.origin_key());
  Endpoints& endpoints = found != endpoints_.end() ? found->second : endpoints_[route.origin_key()];
  std::unique_ptr<OriginEndpoint>& endpoint = endpoints[static_cast<std::size_t>(protocol)];
  if (endpoint == nullptr) {
    if (!sweep_timer_.armed()) sweep_timer_.arm(kSweepInterval);
    endpoint = std::make_unique<OriginEndpoint>(context_, route, protocol);
  }
  return *endpoint;
}

bool OriginPool::close_idle() {
  const std::size_t before = context_.open;
  for (const auto& [key, endpoints] : endpoints_) {
    for (const auto& endpoint : endpoints) {
      if (endpoint != nullptr) endpoint->close_idle();
    }
  }
  return context_.open < before;
}

void OriginPool::sweep() {
  for (auto& [key, endpoints] : endpoints_) {
    for (auto& endpoint : endpoints) {
      if (endpoint != nullptr && endpoint->empty()) endpoint.reset();
    }
  }
  std::erase_if(endpoints_, [](const auto& entry) {
    return std::all_of(entry.second.begin(), entry.second.end(),
                       [](const auto& endpoint) { return endpoint == nullptr; });
  });
  if (!endpoints_.empty()) sweep_timer_.arm(kSweepInterval);
}

}  // namespace mex::proxy::upstream
