#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "base/rate_limit.h"
#include "net/address.h"
#include "net/event_loop.h"
#include "server/client_key.h"
#include "server/connection_limits.h"
#include "server/place.h"
#include "server/server_metrics.h"

namespace mex::server {

// One client's share of a server; exists as long as it has a connection.
struct Client {
  ClientKey key;
  std::size_t connections = 0;
  std::size_t handshakes = 0;
  std::size_t requests = 0;
  std::size_t intercepted = 0;
  PlaceList<&Place::of_client> in_handshake;
  PlaceList<&Place::of_client> idle;
};

// Who may have a connection, of all and of one client. What comes when a limit is reached takes
// the place of the connection that has been without a request for longest: of the same client where
// its own limit is reached, else of all. So connections that do nothing keep no one out. Those with
// a request are left alone, unless they wait for their client when all places are taken. Shard
// thread only.
class Admission {
 public:
  // All of them outlive this object.
  Admission(const ConnectionLimits& limits, std::string server, const ServerMetrics& metrics,
            const net::EventLoop& loop);
  Admission(const Admission&) = delete;
  Admission& operator=(const Admission&) = delete;

  // False: there is no room for a connection of this client. Others may have been closed.
  bool admit(Place& place, const net::Address& peer, bool with_handshake);
  // `to` takes over from `from`, which has left afterwards.
  void hand_over(Place& from, Place& to);
  void leave(Place& place);

  // An intercepted connection holds on to its client only. Room for it has been made before.
  void leave_intercepted(Client& client);
  Client& intercept(Place& place);
  bool has_room_to_intercept() const { return intercepted_ < limits_.intercepted; }
  // False: its client has as many intercepted ones as it may.
  bool may_intercept(const Place& place);

  void end_handshake(Place& place);
  // False: all clients together have as many requests under way as they may, and no connection has
  // stalled ones. Another connection may have been closed.
  bool make_room_for_request(Place& place);
  // False: the client has as many requests under way as it may.
  bool begin_request(Place& place);
  void end_request(Place& place);

  // Closes the first connection found whose request is stalled. Without one, for a client that has
  // less: one whose request waits for a client that has many more. False if there was none.
  // `except` is left alone.
  bool cut_slow(const Client* for_client, const Place* except = nullptr);

  // Connections are to wait outside: what came now would be refused for want of places.
  bool is_full() const {
    return all_ >= limits_.connections && can_make_room_.empty() && probes_ >= limits_.probes;
  }
  std::size_t open() const { return all_ + probes_ + intercepted_; }

 private:
  enum class Limit : std::uint8_t {
    Connections,
    ClientConnections,
    ClientHandshakes,
    ClientRequests,
    ClientIntercepted,
    Requests
  };

  bool make_room_for(Client& client, bool with_handshake);
  void set_state(Place& place, Place::State state);
  void forget_if_gone(Client& client);
  void note(Limit limit, const ClientKey& client);

  const ConnectionLimits& limits_;
  const std::string server_;
  const ServerMetrics& metrics_;
  const net::EventLoop& loop_;
  std::map<ClientKey, Client> clients_;
  PlaceList<&Place::of_all> can_make_room_;
  PlaceList<&Place::of_all> busy_;
  std::size_t all_ = 0;
  std::size_t requests_ = 0;
  std::size_t probes_ = 0;
  std::size_t intercepted_ = 0;
  struct Lines : base::RateLimit {
    Lines() : RateLimit(5, std::chrono::seconds(10)) {}
  };
  std::array<Lines, ServerMetrics::kLimits> lines_;  // for each limit
};

}  // namespace mex::server
