#pragma once

#include <cstddef>
#include <cstdint>

namespace mex::server {

struct Client;

// What has a place among the connections of a server, and can give it up.
class PlaceHolder {
 public:
  // Closes the connection now; its place is free when this returns.
  virtual void give_up_place() = 0;
  enum class Wait : std::uint8_t {
    None,
    Client,   // its request waits for bytes of the client, or for the client to take some
    Stalled,  // the same, and no byte has moved for a while
  };
  virtual Wait wait() const = 0;

 protected:
  ~PlaceHolder() = default;
};

// The place of one connection: of which client it is, and whether it can make room for another one.
// Shard thread only; see Admission.
struct Place {
  enum class State : std::uint8_t {
    None,       // not admitted, or left
    Handshake,  // TLS, from the first byte on
    Idle,       // between two requests, or before the first
    Busy,       // with a request, or intercepted
  };
  struct Links {
    Place* older = nullptr;
    Place* newer = nullptr;
  };

  explicit Place(PlaceHolder& place_holder) : holder(place_holder) {}
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  PlaceHolder& holder;
  Client* client = nullptr;
  State state = State::None;
  bool is_for_probes = false;
  std::size_t requests = 0;  // under way
  Links of_all;              // among all that can make room, or among all that are busy
  Links of_client;           // among those of the client in the same state
};

// Places in the order in which they came to their state. `kLinks` says which of its links a list
// uses.
template <Place::Links Place::*kLinks>
class PlaceList {
 public:
  Place* oldest() const { return oldest_; }
  bool empty() const { return oldest_ == nullptr; }

  void add(Place& place) {
    (place.*kLinks) = {newest_, nullptr};
    (newest_ != nullptr ? (newest_->*kLinks).newer : oldest_) = &place;
    newest_ = &place;
  }
  void remove(Place& place) {
    const Place::Links links = place.*kLinks;
    (links.older != nullptr ? (links.older->*kLinks).newer : oldest_) = links.newer;
    (links.newer != nullptr ? (links.newer->*kLinks).older : newest_) = links.older;
    (place.*kLinks) = {};
  }

 private:
  Place* oldest_ = nullptr;
  Place* newest_ = nullptr;
};

}  // namespace mex::server
