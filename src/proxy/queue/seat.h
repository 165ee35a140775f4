#pragma once

#include <cstddef>
#include <cstdint>

#include "base/clock.h"
#include "proxy/balance/hash.h"
#include "proxy/queue/list.h"
#include "server/client_key.h"

namespace mex::proxy::queue {

// What has become of a request for a connection to an origin.
enum class Attempt : std::uint8_t {
  Begun,       // it has one, or needs none any more
  ClientFull,  // its client has as many as it may while others are to find some
  OriginFull,  // there is none to this origin
  AllFull,     // there is none at all
};

// Why a request that has a connection has to give it up while others wait.
enum class Cut : std::uint8_t {
  Stalled,  // its client moves no byte
  Share,    // there is none left, its client has most, and others have none
};

// What an exchange waits for from its client: to take bytes, or to send some.
struct ClientMovement {
  bool is_awaited = false;
  std::uint64_t moved = 0;  // another number whenever bytes have moved
};

// A request that has a connection to an origin, or waits for one.
class Waiter {
 public:
  // Its turn has come.
  virtual Attempt try_to_begin() = 0;
  // Another one has its place in the queue.
  virtual void on_displaced() = 0;
  // While it has a connection:
  virtual ClientMovement client_movement() const = 0;
  // It gives up its connection now.
  virtual void on_cut(Cut reason) = 0;

 protected:
  ~Waiter() = default;
};

// A client as long as it has requests: an address, or of IPv6 a /64.
struct Client {
  using Key = server::ClientKey;
  static std::uint64_t hash(const Key& key, std::uint64_t seed) {
    std::uint64_t bytes = key.is_ipv6 ? 1 : 0;
    for (const std::uint8_t byte : key.bytes) bytes = bytes * 257 + byte;
    return balance::mix(bytes ^ seed);
  }

  Key key;
  Client* next_of_bucket = nullptr;
  std::size_t requests = 0;
  std::size_t held = 0;  // connections to origins
};

struct Turn;

// The place of one request: in the queue, or at a connection.
struct Seat {
  explicit Seat(Waiter& of) : waiter(of) {}
  Seat(const Seat&) = delete;
  Seat& operator=(const Seat&) = delete;

  Waiter& waiter;
  const void* lane = nullptr;  // of the connection that it has
  Client* client = nullptr;
  Turn* turn = nullptr;  // while it waits
  bool is_holding = false;
  Links<Seat> links;  // among those that wait for the same, or those that have a connection
  std::uint64_t moved = 0;
  base::SteadyTime stalled_since{};
  base::SteadyTime waits_since{};
};
using Seats = List<Seat, &Seat::links>;

struct Lane;

// The requests of one client that wait for the same.
struct Turn {
  struct Key {
    const Lane* lane = nullptr;
    const Client* client = nullptr;
    bool operator==(const Key&) const = default;
  };
  static std::uint64_t hash(const Key& key, std::uint64_t seed) {
    return balance::mix(seed + reinterpret_cast<std::uintptr_t>(key.lane) * 31 +
                        reinterpret_cast<std::uintptr_t>(key.client));
  }

  Key key;
  Turn* next_of_bucket = nullptr;
  Lane* lane = nullptr;
  Seats seats;
  Links<Turn> links;
};

// All that wait for the same. Its clients take turns.
struct Lane {
  using Key = const void*;
  static std::uint64_t hash(Key key, std::uint64_t seed) {
    return balance::mix(seed + reinterpret_cast<std::uintptr_t>(key));
  }

  Key key = nullptr;
  Lane* next_of_bucket = nullptr;
  List<Turn, &Turn::links> turns;
  Links<Lane> links;
  Links<Lane> links_of_due;
  std::size_t waiting = 0;
  bool is_due = false;          // there may be a connection for one of them
  bool is_origin_full = false;  // when it was tried last
  Seat* victim = nullptr;       // while one is looked for
};

}  // namespace mex::proxy::queue
