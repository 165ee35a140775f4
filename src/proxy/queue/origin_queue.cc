#include "proxy/queue/origin_queue.h"

#include <cstdint>
#include <random>
#include <utility>

#include "base/check.h"
#include "proxy/proxy_metrics.h"

namespace mex::proxy::queue {
namespace {

constexpr std::size_t kClientBuckets = 4096;
constexpr std::size_t kLaneBuckets = 1024;
// Of turns, in one dispatch: what is not looked at comes first in the next one.
constexpr int kMaxLooks = 512;
// Of clients, for one with more waiting than others.
constexpr int kMaxRivals = 64;

std::uint64_t random_seed() {
  std::random_device random;
  return (std::uint64_t{random()} << 32U) | random();
}

}  // namespace

OriginQueue::OriginQueue(net::EventLoop& loop, const std::size_t& busy, const std::size_t& max)
    : loop_(loop),
      busy_(busy),
      max_(max),
      clients_(kClientBuckets, random_seed()),
      lanes_(kLaneBuckets, random_seed()),
      turns_(kClientBuckets, random_seed()),
      dispatch_([this] { dispatch(); }),
      timer_(loop.timers(), [this] { tick(); }) {}

void OriginQueue::enter(Seat& seat, const server::ClientKey& client) {
  MEX_DCHECK(seat.client == nullptr, "a seat that is taken");
  seat.client = &clients_.get(client);
  ++seat.client->requests;
}

void OriginQueue::leave(Seat& seat) {
  if (seat.client == nullptr) return;
  release(seat);
  stop_waiting(seat);
  Client& client = *std::exchange(seat.client, nullptr);
  if (--client.requests == 0) clients_.remove(client);
}

Attempt OriginQueue::attempt(const Seat& seat) const {
  if (busy_ >= max_) return Attempt::AllFull;
  const bool is_in_share = seat.client->held < kShare * (max_ - busy_);
  return is_in_share ? Attempt::Begun : Attempt::ClientFull;
}

void OriginQueue::hold(Seat& seat, const void* lane) {
  if (seat.turn != nullptr) {
    ProxyMetrics::get().queued(loop_.now() - seat.waits_since);
    stop_waiting(seat);
  }
  seat.lane = lane;
  seat.is_holding = true;
  seat.moved = 0;
  seat.stalled_since = loop_.now();
  ++seat.client->held;
  holding_.add(seat);
}

void OriginQueue::release(Seat& seat) {
  if (!seat.is_holding) return;
  seat.is_holding = false;
  --seat.client->held;
  holding_.remove(seat);
  if (waiting_ == 0) return;
  if (Lane* const lane = lanes_.find(seat.lane)) make_due(*lane);
  if (is_all_full_) loop_.after_event(dispatch_);
}

void OriginQueue::make_due(Lane& lane) {
  if (!lane.is_due) due_.add(lane);
  lane.is_due = true;
  loop_.after_event(dispatch_);
}

bool OriginQueue::wait(Seat& seat, const void* key, std::size_t max) {
  Lane& lane = lanes_.get(key);
  if (lane.waiting == 0) {
    lane.is_origin_full = false;
    order_.add(lane);
  } else if (lane.waiting >= max && !displace_other(lane, *seat.client)) {
    return false;
  }
  Turn& turn = turns_.get({&lane, seat.client});
  if (turn.seats.empty()) {
    turn.lane = &lane;
    lane.turns.add(turn);
  }
  turn.seats.add(seat);
  seat.turn = &turn;
  seat.waits_since = loop_.now();
  ++lane.waiting;
  ++waiting_;
  ProxyMetrics::get().waiting.add(1);
  if (!timer_.armed()) timer_.arm(kTick);
  make_due(lane);
  return true;
}

// The lane and the turn may be gone when this returns.
void OriginQueue::stop_waiting(Seat& seat) {
  if (seat.turn == nullptr) return;
  Turn& turn = *std::exchange(seat.turn, nullptr);
  Lane& lane = *turn.lane;
  turn.seats.remove(seat);
  --waiting_;
  --lane.waiting;
  ProxyMetrics::get().waiting.add(-1);
  if (!turn.seats.empty()) return;
  lane.turns.remove(turn);
  turns_.remove(turn);
  if (lane.waiting > 0) return;
  if (lane.is_due) due_.remove(lane);
  lane.is_due = false;
  order_.remove(lane);
  lanes_.remove(lane);
}

// The last request of a client that has more waiting than `by` will have. The clients that were
// looked at are not moved: it is not their turn.
bool OriginQueue::displace_other(Lane& lane, const Client& by) {
  const Turn* const own = turns_.find({&lane, &by});
  std::size_t most = (own == nullptr ? 0 : own->seats.size()) + 1;
  Turn* rival = nullptr;
  int looks = kMaxRivals;
  for (Turn* turn = lane.turns.first(); turn != nullptr && looks > 0;
       turn = lane.turns.behind(*turn), --looks) {
    if (turn->seats.size() <= most) continue;
    most = turn->seats.size();
    rival = turn;
  }
  if (rival == nullptr) return false;
  Seat& displaced = *rival->seats.last();
  stop_waiting(displaced);
  displaced.waiter.on_displaced();
  return true;
}

// A connection that is free is free for its own lane, and for all where there was none at all.
void OriginQueue::dispatch() {
  int looks = kMaxLooks;
  if (is_all_full_) return dispatch_all(looks);
  while (!due_.empty() && looks > 0 && !is_all_full_) {
    Lane& lane = *due_.first();
    due_.remove(lane);
    lane.is_due = false;
    serve(lane, looks);
  }
}

void OriginQueue::dispatch_all(int& looks) {
  is_all_full_ = false;
  for (std::size_t lanes = order_.size(); lanes > 0 && looks > 0 && !is_all_full_; --lanes) {
    if (order_.empty()) return;
    Lane& lane = *order_.first();
    order_.move_to_end(lane);
    serve(lane, looks);
  }
}

// Clients in turn, until the origin is full or no client is left that may have a connection. Who
// finds none keeps its turn.
void OriginQueue::serve(Lane& lane, int& looks) {
  const void* const key = lane.key;
  lane.is_origin_full = false;
  for (std::size_t turns = lane.turns.size(); turns > 0 && looks > 0; --looks) {
    Turn& turn = *lane.turns.first();
    const Turn::Key turn_key = turn.key;
    switch (turn.seats.first()->waiter.try_to_begin()) {
      case Attempt::Begun:
        if (lanes_.find(key) != &lane) return;  // it was the last one
        turns = lane.turns.size();
        if (turns_.find(turn_key) == &turn) lane.turns.move_to_end(turn);
        break;
      case Attempt::ClientFull:
        --turns;
        lane.turns.move_to_end(turn);
        break;
      case Attempt::OriginFull:
        lane.is_origin_full = true;
        return;
      case Attempt::AllFull:
        is_all_full_ = true;
        return;
    }
  }
}

// What other shards have set free at an origin is seen now, too.
void OriginQueue::tick() {
  if (waiting_ == 0) return;
  int looks = kMaxLooks;
  dispatch_all(looks);
  look_for_victims();
  cut_victims();
  if (waiting_ > 0) timer_.arm(kTick);
}

void OriginQueue::look_for_victims() {
  victim_ = nullptr;
  hog_ = nullptr;
  for (Lane* lane = order_.first(); lane != nullptr; lane = order_.behind(*lane)) {
    lane->victim = nullptr;
  }
  for (Seat* seat = holding_.first(); seat != nullptr; seat = holding_.behind(*seat)) {
    consider(*seat);
  }
}

void OriginQueue::consider(Seat& seat) {
  if (hog_ == nullptr || seat.client->held >= hog_->client->held) hog_ = &seat;
  const ClientMovement movement = seat.waiter.client_movement();
  if (!movement.is_awaited || movement.moved != seat.moved) {
    seat.moved = movement.moved;
    seat.stalled_since = loop_.now();
    return;
  }
  if (loop_.now() - seat.stalled_since < kMaxStall) return;
  Lane* const lane = lanes_.find(seat.lane);
  const bool is_of_use = is_all_full_ || (lane != nullptr && lane->is_origin_full);
  if (!is_of_use) return;
  Seat*& victim = is_all_full_ ? victim_ : lane->victim;
  const bool is_better =
      victim == nullptr || seat.client->held > victim->client->held ||
      (seat.client->held == victim->client->held && seat.stalled_since < victim->stalled_since);
  if (is_better) victim = &seat;
}

// A cut ends no other exchange, but it may let one begin; lanes go only when one does, and that is
// behind this event.
void OriginQueue::cut_victims() {
  if (victim_ != nullptr) {
    victim_->waiter.on_cut(Cut::Stalled);
  } else if (is_all_full_ && hog_ != nullptr && hog_->client->held >= kMany &&
             is_anyone_starved()) {
    hog_->waiter.on_cut(Cut::Share);
  }
  for (Lane* lane = order_.first(); lane != nullptr; lane = order_.behind(*lane)) {
    if (lane->victim != nullptr) lane->victim->waiter.on_cut(Cut::Stalled);
  }
}

// As far as a bounded look shows: those that come first in their lanes.
bool OriginQueue::is_anyone_starved() const {
  int looks = kMaxRivals;
  for (Lane* lane = order_.first(); lane != nullptr && looks > 0; lane = order_.behind(*lane)) {
    for (Turn* turn = lane->turns.first(); turn != nullptr && looks > 0;
         turn = lane->turns.behind(*turn), --looks) {
      const Seat& first = *turn->seats.first();
      if (first.client->held == 0 && loop_.now() - first.waits_since >= kMaxPatience) return true;
    }
  }
  return false;
}

}  // namespace mex::proxy::queue
