#include "proxy/origin_pool.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace mex::proxy {
namespace {

// Origins without any connection are forgotten at this pace, so that routes that come and go leave
// nothing behind.
constexpr std::chrono::seconds kSweepInterval{60};

}  // namespace

OriginEndpoint::OriginEndpoint(OriginContext& context, const route::Route& route)
    : context_(context),
      key_(route.origin_key()),
      host_(route.origin().host),
      port_(route.origin().port),
      tls_(route.origin().tls) {
  const auto address = net::Address::parse_ip(host_, port_);
  literal_ = address.ok();
  if (literal_) addresses_.push_back(*address);
}

OriginEndpoint::~OriginEndpoint() {
  *self_ = nullptr;
  while (!connections_.empty()) connections_.back()->abandon();
}

OriginConnection* OriginEndpoint::acquire(OriginStreamHandler& user, bool reuse) {
  if (reuse) {
    if (OriginConnection* idle = take_idle(user)) return idle;
  }
  if (connections_.size() >= context_.options.max_connections_per_origin) return nullptr;
  auto made = std::make_unique<OriginConnection>(*this);
  OriginConnection& connection = *made;
  connections_.push_back(std::move(made));
  connection.set_handler(user);
  ++context_.busy;
  if (addresses_known()) {
    connection.on_addresses();
  } else {
    resolve();
  }
  return &connection;
}

OriginConnection* OriginEndpoint::take_idle(OriginStreamHandler& user) {
  while (!idle_.empty()) {
    OriginConnection& connection = *idle_.back();
    if (connection.take_from_pool(user)) {
      idle_.pop_back();
      ++context_.busy;
      return &connection;
    }
  }
  return nullptr;
}

bool OriginEndpoint::addresses_known() const {
  return literal_ || (!addresses_.empty() && context_.loop.now() < addresses_expire_);
}

void OriginEndpoint::resolve() {
  if (resolving_) return;
  resolving_ = true;
  if (context_.resolver == nullptr) {
    on_resolved({{}, {}, "there is no resolver"});
    return;
  }
  context_.resolver->resolve(host_, port_, [self = self_](Resolution resolution) {
    if (*self != nullptr) (*self)->on_resolved(std::move(resolution));
  });
}

void OriginEndpoint::on_resolved(Resolution resolution) {
  resolving_ = false;
  // Name servers that are down for a while do not take away what was known.
  if (!resolution.addresses.empty()) addresses_ = std::move(resolution.addresses);
  addresses_expire_ = context_.loop.now() + resolution.time_to_live;
  for (const auto& connection : connections_) {
    if (connection->state() != OriginConnection::State::Resolving) continue;
    if (addresses_.empty()) {
      connection->on_unresolved(resolution.error);
    } else {
      connection->on_addresses();
    }
  }
}

void OriginEndpoint::prefer_address(std::size_t index) {
  if (index != 0 && index < addresses_.size()) std::swap(addresses_[0], addresses_[index]);
}

void OriginEndpoint::give_back(OriginConnection& connection) {
  --context_.busy;
  idle_.push_back(&connection);
  if (idle_.size() > context_.options.max_idle_per_origin) idle_.front()->abandon();
}

void OriginEndpoint::remove(OriginConnection& connection) {
  const auto idle = std::find(idle_.begin(), idle_.end(), &connection);
  if (idle != idle_.end()) {
    idle_.erase(idle);
  } else {
    --context_.busy;
  }
  const auto owned =
      std::find_if(connections_.begin(), connections_.end(),
                   [&connection](const auto& each) { return each.get() == &connection; });
  MEX_CHECK(owned != connections_.end(), "a connection of another group");
  std::swap(*owned, connections_.back());
  context_.loop.destroy_later(std::move(connections_.back()));
  connections_.pop_back();
}

OriginPool::OriginPool(OriginContext& context)
    : context_(context), sweep_timer_(context.loop.timers(), [this] { sweep(); }) {}

OriginEndpoint& OriginPool::endpoint_for(const route::Route& route) {
  const auto found = endpoints_.find(route.origin_key());
  if (found != endpoints_.end()) return *found->second;
  if (!sweep_timer_.armed()) sweep_timer_.arm(kSweepInterval);
  auto group = std::make_unique<OriginEndpoint>(context_, route);
  return *endpoints_.emplace(route.origin_key(), std::move(group)).first->second;
}

void OriginPool::sweep() {
  std::erase_if(endpoints_, [](const auto& entry) { return entry.second->empty(); });
  if (!endpoints_.empty()) sweep_timer_.arm(kSweepInterval);
}

}  // namespace mex::proxy
