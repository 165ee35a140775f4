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

OriginGroup::OriginGroup(OriginEnvironment& environment, const route::Route& route)
    : environment_(environment),
      key_(route.origin_key()),
      host_(route.origin().host),
      port_(route.origin().port),
      tls_(route.origin().tls) {
  const auto address = net::Address::parse_ip(host_, port_);
  literal_ = address.ok();
  if (literal_) addresses_.push_back(*address);
}

OriginGroup::~OriginGroup() {
  *self_ = nullptr;
  while (!connections_.empty()) connections_.back()->abandon();
}

OriginConnection* OriginGroup::acquire(OriginUser& user, bool reuse) {
  if (reuse) {
    if (OriginConnection* idle = take_idle(user)) return idle;
  }
  if (connections_.size() >= environment_.options.max_connections_per_origin) return nullptr;
  auto made = std::make_unique<OriginConnection>(*this);
  OriginConnection& connection = *made;
  connections_.push_back(std::move(made));
  connection.set_user(user);
  ++environment_.busy;
  if (addresses_known()) {
    connection.on_addresses();
  } else {
    resolve();
  }
  return &connection;
}

OriginConnection* OriginGroup::take_idle(OriginUser& user) {
  while (!idle_.empty()) {
    OriginConnection& connection = *idle_.back();
    if (connection.take_from_pool(user)) {
      idle_.pop_back();
      ++environment_.busy;
      return &connection;
    }
  }
  return nullptr;
}

bool OriginGroup::addresses_known() const {
  return literal_ || (!addresses_.empty() && environment_.loop.now() < addresses_expire_);
}

void OriginGroup::resolve() {
  if (resolving_) return;
  resolving_ = true;
  if (environment_.resolver == nullptr) {
    on_resolved({{}, {}, "there is no resolver"});
    return;
  }
  environment_.resolver->resolve(host_, port_, [self = self_](Resolution resolution) {
    if (*self != nullptr) (*self)->on_resolved(std::move(resolution));
  });
}

void OriginGroup::on_resolved(Resolution resolution) {
  resolving_ = false;
  // Name servers that are down for a while do not take away what was known.
  if (!resolution.addresses.empty()) addresses_ = std::move(resolution.addresses);
  addresses_expire_ = environment_.loop.now() + resolution.time_to_live;
  for (const auto& connection : connections_) {
    if (connection->state() != OriginConnection::State::Resolving) continue;
    if (addresses_.empty()) {
      connection->on_unresolved(resolution.error);
    } else {
      connection->on_addresses();
    }
  }
}

void OriginGroup::prefer_address(std::size_t index) {
  if (index != 0 && index < addresses_.size()) std::swap(addresses_[0], addresses_[index]);
}

void OriginGroup::give_back(OriginConnection& connection) {
  --environment_.busy;
  idle_.push_back(&connection);
  if (idle_.size() > environment_.options.max_idle_per_origin) idle_.front()->abandon();
}

void OriginGroup::remove(OriginConnection& connection) {
  const auto idle = std::find(idle_.begin(), idle_.end(), &connection);
  if (idle != idle_.end()) {
    idle_.erase(idle);
  } else {
    --environment_.busy;
  }
  const auto owned =
      std::find_if(connections_.begin(), connections_.end(),
                   [&connection](const auto& each) { return each.get() == &connection; });
  MEX_CHECK(owned != connections_.end(), "a connection of another group");
  std::swap(*owned, connections_.back());
  environment_.loop.destroy_later(std::move(connections_.back()));
  connections_.pop_back();
}

OriginPool::OriginPool(OriginEnvironment& environment)
    : environment_(environment), sweep_timer_(environment.loop.timers(), [this] { sweep(); }) {}

OriginGroup& OriginPool::group_for(const route::Route& route) {
  const auto found = groups_.find(route.origin_key());
  if (found != groups_.end()) return *found->second;
  if (!sweep_timer_.armed()) sweep_timer_.arm(kSweepInterval);
  auto group = std::make_unique<OriginGroup>(environment_, route);
  return *groups_.emplace(route.origin_key(), std::move(group)).first->second;
}

void OriginPool::sweep() {
  std::erase_if(groups_, [](const auto& entry) { return entry.second->empty(); });
  if (!groups_.empty()) sweep_timer_.arm(kSweepInterval);
}

}  // namespace mex::proxy
