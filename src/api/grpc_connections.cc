#include "api/grpc_connections.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace mex::api {

GrpcConnections::Limits GrpcConnections::Limits::of(std::size_t descriptors) {
  Limits limits;
  limits.connections = std::clamp<std::size_t>(2 * descriptors / 7, 4, limits.connections);
  limits.unproven = limits.connections / 2;
  limits.ending = limits.connections / 4;
  return limits;
}

std::string grpc_peer(const net::Address& address) {
  if (address.family() == AF_INET) return fmt::format("ipv4:{}", address.text());
  return fmt::format("ipv6:%5B{}%5D:{}", address.ip_text(), address.port());
}

std::optional<GrpcConnections::Number> GrpcConnections::add(const net::Address& peer,
                                                            base::SteadyTime now) {
  const base::MutexLock lock(mutex_);
  if (!make_room()) return std::nullopt;
  const Number number = next_++;
  Connection& added = connections_[number];
  added.peer = grpc_peer(peer);
  added.client = server::ClientKey::of(peer);
  added.used = now;
  return number;
}

GrpcConnections::Counts GrpcConnections::counts() const {
  Counts counts;
  for (const auto& [number, connection] : connections_) {
    if (connection.is_ending) {
      ++counts.ending;
    } else {
      ++counts.open;
      if (!connection.is_proven) ++counts.unproven;
    }
  }
  return counts;
}

bool GrpcConnections::make_room() {
  if (has_room(counts())) return true;
  const auto found = victim();
  if (found == connections_.end()) return false;
  end(found->first);
  return true;
}

GrpcConnections::Map::const_iterator GrpcConnections::victim() const {
  const auto unproven = unproven_victim();
  return unproven != connections_.end() ? unproven : idle_victim();
}

GrpcConnections::Map::const_iterator GrpcConnections::unproven_victim() const {
  std::map<server::ClientKey, std::size_t> of_client;
  for (const auto& [number, connection] : connections_) {
    if (!connection.is_ending && !connection.is_proven) ++of_client[connection.client];
  }
  auto victim = connections_.end();
  std::size_t most = 0;
  // From the oldest to the newest.
  for (auto each = connections_.begin(); each != connections_.end(); ++each) {
    if (each->second.is_ending || each->second.is_proven) continue;
    const std::size_t own = of_client[each->second.client];
    if (own <= most) continue;
    most = own;
    victim = each;
  }
  return victim;
}

// Of those that nothing is asked over: the one that was used longest ago.
GrpcConnections::Map::const_iterator GrpcConnections::idle_victim() const {
  auto victim = connections_.end();
  for (auto each = connections_.begin(); each != connections_.end(); ++each) {
    if (each->second.is_ending || each->second.calls > 0) continue;
    if (victim == connections_.end() || each->second.used < victim->second.used) victim = each;
  }
  return victim;
}

void GrpcConnections::end(Number number) {
  connections_.at(number).is_ending = true;
  actions_.end(number);
}

void GrpcConnections::note_ending(Number number) {
  const base::MutexLock lock(mutex_);
  if (Connection* connection = find(number)) connection->is_ending = true;
}

void GrpcConnections::remove(Number number) {
  const base::MutexLock lock(mutex_);
  connections_.erase(number);
}

bool GrpcConnections::is_full(base::SteadyTime now) const {
  const base::MutexLock lock(mutex_);
  const Counts counted = counts();
  if (counted.ending >= limits_.ending) return true;
  if (has_room(counted)) return false;
  const auto unproven = unproven_victim();
  return unproven != connections_.end() && now - unproven->second.used < limits_.grace;
}

std::size_t GrpcConnections::open() const {
  const base::MutexLock lock(mutex_);
  return counts().open;
}

std::size_t GrpcConnections::all() const {
  const base::MutexLock lock(mutex_);
  return connections_.size();
}

std::string GrpcConnections::peer_of(Number number) const {
  const base::MutexLock lock(mutex_);
  const auto found = connections_.find(number);
  return found == connections_.end() || found->second.is_ending ? "" : found->second.peer;
}

GrpcConnections::Connection* GrpcConnections::find(Number number) {
  const auto found = connections_.find(number);
  return found == connections_.end() || found->second.is_ending ? nullptr : &found->second;
}

void GrpcConnections::call_begun(Number number, base::SteadyTime now) {
  const base::MutexLock lock(mutex_);
  Connection* connection = find(number);
  if (connection == nullptr) return;
  if (!connection->is_proven) actions_.prove(number);
  connection->is_proven = true;
  connection->used = now;
  ++connection->calls;
}

void GrpcConnections::call_ended(Number number) {
  const base::MutexLock lock(mutex_);
  Connection* connection = find(number);
  if (connection != nullptr && connection->calls > 0) --connection->calls;
}

void GrpcConnections::call_refused(Number number) {
  const base::MutexLock lock(mutex_);
  Connection* connection = find(number);
  if (connection == nullptr || connection->is_proven) return;
  if (++connection->refusals >= limits_.refusals) end(number);
}

}  // namespace mex::api
