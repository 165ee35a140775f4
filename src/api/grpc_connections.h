#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/mutex.h"
#include "net/address.h"
#include "server/client_key.h"

namespace mex::api {

// The connections of the gRPC port: how many there are, which of them has shown who it is, and
// which one goes when there are too many.
//
// A connection is proven once a call of it was authorized. The others are few, and the oldest of
// the client (server::ClientKey) that has most of them goes first: who connects and says nothing,
// or guesses tokens, takes the place of such connections only. Thread-safe.
class GrpcConnections {
 public:
  using Number = std::uint64_t;

  // The usual limits, and fewer connections where there are fewer descriptors: three for each
  // that is open, two for each that ends.
  struct Limits {
    static constexpr std::size_t kMaxDescriptors = 3 * 256 + 2 * 64;
    static Limits of(std::size_t descriptors);

    std::size_t connections = 256;
    std::size_t unproven = 128;  // of them
    std::size_t ending = 64;     // beside them: ended, but gRPC has not closed its end yet
    // How long an unproven connection stays at least, so that a flood leaves others the time to
    // show who they are; the flood waits in the kernel's backlog.
    std::chrono::milliseconds grace{250};
    // Calls that are refused before one is authorized; then the connection ends.
    std::size_t refusals = 100;
  };

  // What is done to a connection because of the table. Called under its lock, on any thread.
  struct Actions {
    std::function<void(Number)> end;
    std::function<void(Number)> prove;
  };

  GrpcConnections(const Limits& limits, Actions actions)
      : limits_(limits), actions_(std::move(actions)) {}
  GrpcConnections(const GrpcConnections&) = delete;
  GrpcConnections& operator=(const GrpcConnections&) = delete;

  // A new connection; another one may have to end for it. Nothing if none can.
  std::optional<Number> add(const net::Address& peer, base::SteadyTime now);
  // It is being ended, and no longer counts as open.
  void note_ending(Number number);
  void remove(Number number);

  // While this is true, none is to be added; it may be over any moment.
  bool is_full(base::SteadyTime now) const;
  std::size_t open() const;
  std::size_t all() const;

  // The client of an open connection, as gRPC writes addresses; "" if there is no such connection.
  std::string peer_of(Number number) const;

  // A call of a connection.
  void call_begun(Number number, base::SteadyTime now);
  void call_ended(Number number);
  void call_refused(Number number);

 private:
  struct Connection {
    std::string peer;  // as gRPC writes it
    server::ClientKey client;
    base::SteadyTime used{};
    std::size_t calls = 0;
    std::size_t refusals = 0;
    bool is_proven = false;
    bool is_ending = false;
  };
  using Map = std::map<Number, Connection>;

  Connection* find(Number number) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  struct Counts {
    std::size_t open = 0;
    std::size_t unproven = 0;  // of them
    std::size_t ending = 0;
  };
  Counts counts() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool has_room(const Counts& counts) const {
    return counts.open < limits_.connections && counts.unproven < limits_.unproven;
  }
  Map::const_iterator victim() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Map::const_iterator unproven_victim() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Map::const_iterator idle_victim() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool make_room() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void end(Number number) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Limits limits_;
  const Actions actions_;
  mutable base::Mutex mutex_;
  Map connections_ ABSL_GUARDED_BY(mutex_);
  Number next_ ABSL_GUARDED_BY(mutex_) = 1;
};

// A peer's address as gRPC writes it.
std::string grpc_peer(const net::Address& address);

}  // namespace mex::api
