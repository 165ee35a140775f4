#include "proxy/upstream/origin_pool.h"

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

OriginEndpoint& OriginPool::endpoint_for(const route::Route& route) {
  const auto found = endpoints_.find(route.origin_key());
  if (found != endpoints_.end()) return *found->second;
  if (!sweep_timer_.armed()) sweep_timer_.arm(kSweepInterval);
  auto group = std::make_unique<OriginEndpoint>(context_, route);
  return *endpoints_.emplace(route.origin_key(), std::move(group)).first->second;
}

bool OriginPool::close_idle() {
  const std::size_t before = context_.open;
  for (const auto& [key, endpoint] : endpoints_) endpoint->close_idle();
  return context_.open < before;
}

void OriginPool::sweep() {
  std::erase_if(endpoints_, [](const auto& entry) { return entry.second->empty(); });
  if (!endpoints_.empty()) sweep_timer_.arm(kSweepInterval);
}

}  // namespace mex::proxy::upstream
