#include "api/grpc_connections.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <utility>

namespace mex::api {
namespace {

// Whether two descriptors are of the same socket. The number of a socket is not given to another
// one as long as a duplicate is open.
bool is_same_socket(int a, int b) {
  struct stat first {};
  struct stat second {};
  return fstat(a, &first) == 0 && fstat(b, &second) == 0 && S_ISSOCK(first.st_mode) &&
         S_ISSOCK(second.st_mode) && first.st_ino == second.st_ino;
}

}  // namespace

std::string grpc_peer(const net::Address& address) {
  if (address.family() == AF_INET) return fmt::format("ipv4:{}", address.text());
  return fmt::format("ipv6:%5B{}%5D:{}", address.ip_text(), address.port());
}

std::optional<int> GrpcConnections::add(const net::Address& peer, int socket,
                                        base::SteadyTime now) {
  const base::MutexLock lock(mutex_);
  if (!make_room()) return std::nullopt;
  base::Descriptor duplicate(fcntl(socket, F_DUPFD_CLOEXEC, 0));
  if (!duplicate.valid()) return std::nullopt;
  const int number = duplicate.get();
  connections_.emplace(number, Connection{.peer = grpc_peer(peer),
                                          .address = peer.ip_text(),
                                          .duplicate = std::move(duplicate),
                                          .socket = socket,
                                          .used = now});
  return number;
}

bool GrpcConnections::make_room() {
  std::size_t open = 0;
  std::size_t unproven = 0;
  for (const auto& [number, connection] : connections_) {
    if (connection.is_ending) continue;
    ++open;
    if (!connection.is_proven) ++unproven;
  }
  if (open < limits_.connections && unproven < limits_.unproven) return true;
  Connection* victim = unproven_victim();
  if (victim == nullptr) victim = idle_victim();
  if (victim == nullptr) return false;
  end(*victim);
  return true;
}

GrpcConnections::Connection* GrpcConnections::unproven_victim() {
  std::map<std::string_view, std::size_t> of_address;
  for (const auto& [number, connection] : connections_) {
    if (!connection.is_ending && !connection.is_proven) ++of_address[connection.address];
  }
  Connection* victim = nullptr;
  for (auto& [number, connection] : connections_) {
    if (connection.is_ending || connection.is_proven) continue;
    const std::size_t most = victim == nullptr ? 0 : of_address[victim->address];
    const std::size_t own = of_address[connection.address];
    if (own > most || (own == most && connection.used < victim->used)) victim = &connection;
  }
  return victim;
}

// Of those that nothing is asked over: the one that was used longest ago.
GrpcConnections::Connection* GrpcConnections::idle_victim() {
  Connection* victim = nullptr;
  for (auto& [number, connection] : connections_) {
    if (connection.is_ending || connection.calls > 0) continue;
    if (victim == nullptr || connection.used < victim->used) victim = &connection;
  }
  return victim;
}

// gRPC reads the end and closes its descriptor.
void GrpcConnections::end(Connection& connection) {
  connection.is_ending = true;
  shutdown(connection.duplicate.get(), SHUT_RDWR);
}

void GrpcConnections::note_ended(int duplicate) {
  const base::MutexLock lock(mutex_);
  const auto found = connections_.find(duplicate);
  if (found != connections_.end()) found->second.is_ending = true;
}

bool GrpcConnections::remove_closed() {
  const base::MutexLock lock(mutex_);
  std::erase_if(connections_, [](const auto& entry) {
    const Connection& connection = entry.second;
    return connection.is_ending && !is_same_socket(connection.socket, connection.duplicate.get());
  });
  return std::any_of(connections_.begin(), connections_.end(),
                     [](const auto& entry) { return entry.second.is_ending; });
}

bool GrpcConnections::is_full() const {
  const base::MutexLock lock(mutex_);
  return connections_.size() >= limits_.connections + limits_.ending;
}

std::size_t GrpcConnections::open() const {
  const base::MutexLock lock(mutex_);
  return static_cast<std::size_t>(
      std::count_if(connections_.begin(), connections_.end(),
                    [](const auto& entry) { return !entry.second.is_ending; }));
}

std::size_t GrpcConnections::all() const {
  const base::MutexLock lock(mutex_);
  return connections_.size();
}

GrpcConnections::Connection* GrpcConnections::find(std::string_view peer) {
  for (auto& [number, connection] : connections_) {
    if (!connection.is_ending && connection.peer == peer) return &connection;
  }
  return nullptr;
}

void GrpcConnections::call_begun(std::string_view peer, base::SteadyTime now) {
  const base::MutexLock lock(mutex_);
  Connection* connection = find(peer);
  if (connection == nullptr) return;
  connection->is_proven = true;
  connection->used = now;
  ++connection->calls;
}

void GrpcConnections::call_ended(std::string_view peer) {
  const base::MutexLock lock(mutex_);
  Connection* connection = find(peer);
  if (connection != nullptr && connection->calls > 0) --connection->calls;
}

void GrpcConnections::call_refused(std::string_view peer) {
  const base::MutexLock lock(mutex_);
  Connection* connection = find(peer);
  if (connection == nullptr || connection->is_proven) return;
  if (++connection->refusals >= limits_.refusals) end(*connection);
}

}  // namespace mex::api
