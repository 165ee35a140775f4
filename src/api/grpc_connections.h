#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/descriptor.h"
#include "base/mutex.h"
#include "net/address.h"

namespace mex::api {

// The connections of the gRPC port: how many there are, which of them has shown who it is, and
// which one goes when there are too many. gRPC itself has no limit of connections and does not say
// when one ends; so the table keeps a duplicate of each socket, by which it can end a connection
// and see that it ended.
//
// A connection is proven once a call of it was authorized. The others are few, and the oldest of
// the address that has most of them goes first: who connects and says nothing, or guesses tokens,
// takes the place of such connections only. Thread-safe.
class GrpcConnections {
 public:
  struct Limits {
    std::size_t connections = 256;
    std::size_t unproven = 128;  // of them
    std::size_t ending = 64;     // beside them: ended, but gRPC has not closed its descriptor yet
    // Calls that are refused before one is authorized; then the connection ends.
    std::size_t refusals = 100;
  };

  explicit GrpcConnections(const Limits& limits) : limits_(limits) {}
  GrpcConnections(const GrpcConnections&) = delete;
  GrpcConnections& operator=(const GrpcConnections&) = delete;

  // A new connection; `socket` will be gRPC's. May end another one for it. Nothing if no other may
  // end; then the caller closes it. Otherwise a descriptor that the table owns, which hangs up when
  // the connection ends.
  std::optional<int> add(const net::Address& peer, int socket, base::SteadyTime now);

  // Forgets ended connections whose descriptor gRPC has closed, or says that there are more.
  bool remove_closed();
  // The connection of a descriptor that add() gave has ended.
  void note_ended(int duplicate);

  // While this is true, no connection can be added.
  bool is_full() const;
  std::size_t open() const;
  std::size_t all() const;

  // A call of a peer as gRPC writes it.
  void call_begun(std::string_view peer, base::SteadyTime now);
  void call_ended(std::string_view peer);
  void call_refused(std::string_view peer);

 private:
  struct Connection {
    std::string peer;     // as gRPC writes it
    std::string address;  // without the port
    base::Descriptor duplicate;
    int socket = -1;  // gRPC's
    base::SteadyTime used{};
    std::size_t calls = 0;
    std::size_t refusals = 0;
    bool is_proven = false;
    bool is_ending = false;
  };

  Connection* find(std::string_view peer) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Connection* unproven_victim() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Connection* idle_victim() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool make_room() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  static void end(Connection& connection);

  const Limits limits_;
  mutable base::Mutex mutex_;
  std::map<int, Connection> connections_ ABSL_GUARDED_BY(mutex_);  // by duplicate
};

// A peer's address as gRPC writes it.
std::string grpc_peer(const net::Address& address);

}  // namespace mex::api
