#pragma once

#include <chrono>
#include <cstddef>

#include "net/event_loop.h"
#include "net/timer.h"
#include "proxy/queue/keyed_pool.h"
#include "proxy/queue/list.h"
#include "proxy/queue/seat.h"
#include "server/client_key.h"

namespace mex::proxy::queue {

// Who may have a connection to an origin, and who waits for one: the requests of one shard.
//
// Of all connections a client may have kShare times as many as are free: one alone may have four
// fifths of them, and clients that come together leave some to the next one (dynamic thresholds, as
// switches share out their memory). What has no connection waits in the lane of its origin. The
// clients of a lane take turns, whatever number of requests each of them has.
//
// While others wait, exchanges whose client moves no byte for kMaxStall make room: of a full
// origin, or of all where there is no connection left, one each kTick: of the client that has most,
// the one that has been stalled for longest. Where there is no connection left and nothing is
// stalled, a client that has none and has waited for kMaxPatience gets one of the client that has
// most.
//
// Allocates nothing in steady state. Shard thread only.
class OriginQueue {
 public:
  static constexpr std::size_t kShare = 4;
  static constexpr std::chrono::milliseconds kMaxStall{1'000};
  static constexpr std::chrono::milliseconds kMaxPatience{500};
  static constexpr std::size_t kMany = 4;  // connections; who has fewer is not asked for any
  static constexpr std::chrono::milliseconds kTick{48};

  // `busy`: connections that have an exchange, of `max`. Both outlive this object.
  OriginQueue(net::EventLoop& loop, const std::size_t& busy, const std::size_t& max);
  OriginQueue(const OriginQueue&) = delete;
  OriginQueue& operator=(const OriginQueue&) = delete;

  // The request of a client begins, and ends, whatever it has and waits for then.
  void enter(Seat& seat, const server::ClientKey& client);
  void leave(Seat& seat);

  // Others wait for the same: who comes now waits behind them.
  bool is_contended(const void* lane) const { return lanes_.find(lane) != nullptr; }
  // Whether it may have a connection, as far as that is no question of its origin.
  Attempt attempt(const Seat& seat) const;
  // It has a connection now, for which others of this lane wait, and does not wait any more.
  void hold(Seat& seat, const void* lane);
  // It has none any more.
  void release(Seat& seat);

  // Waits for its turn. False: as many as `max` wait in the lane, and no client has more of them.
  bool wait(Seat& seat, const void* lane, std::size_t max);

  std::size_t waiting() const { return waiting_; }
  std::size_t clients() const { return clients_.size(); }

 private:
  void stop_waiting(Seat& seat);
  bool displace_other(Lane& lane, const Client& by);
  void make_due(Lane& lane);
  void dispatch();
  void dispatch_all(int& looks);
  void serve(Lane& lane, int& looks);
  void tick();
  void look_for_victims();
  void consider(Seat& seat);
  void cut_victims();
  bool is_anyone_starved() const;

  net::EventLoop& loop_;
  const std::size_t& busy_;
  const std::size_t& max_;
  KeyedPool<Client> clients_;
  KeyedPool<Lane> lanes_;
  KeyedPool<Turn> turns_;
  List<Lane, &Lane::links> order_;
  List<Lane, &Lane::links_of_due> due_;
  Seats holding_;
  std::size_t waiting_ = 0;
  bool is_all_full_ = false;  // when it was tried last
  Seat* victim_ = nullptr;    // of all, while one is looked for
  Seat* hog_ = nullptr;       // the newest of the client with most, while it is looked for
  net::Deferred dispatch_;
  net::Timer timer_;
};

}  // namespace mex::proxy::queue
