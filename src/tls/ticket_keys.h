#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "base/clock.h"
#include "base/mutex.h"

namespace mex::tls {

// Keys of session tickets, shared by all shards so that a client may resume on any of them. They
// rotate by themselves: new tickets are made with a key for 12 hours, then it only opens old ones
// for 12 hours more, then it is wiped (forward secrecy ends where ticket keys live on).
// Thread-safe; locked for a copy of 80 bytes once per handshake.
class TicketKeys {
 public:
  static constexpr std::chrono::hours kRotation{12};

  struct Key {
    std::array<unsigned char, 16> name;
    std::array<unsigned char, 32> cipher;  // AES-256-CBC
    std::array<unsigned char, 32> mac;     // HMAC-SHA-256
  };
  struct Found {
    Key key{};
    bool renew = false;  // the client should be given a ticket with the current key
  };

  explicit TicketKeys(const base::Clock& clock = base::system_clock());
  TicketKeys(const TicketKeys&) = delete;
  TicketKeys& operator=(const TicketKeys&) = delete;
  ~TicketKeys();

  Key current();
  // Nothing if the name is not one of the two keys: a full handshake follows.
  std::optional<Found> find(const unsigned char* name);

 private:
  void rotate_if_due() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const base::Clock& clock_;
  base::Mutex mutex_;
  Key current_ ABSL_GUARDED_BY(mutex_){};
  std::optional<Key> previous_ ABSL_GUARDED_BY(mutex_);
  base::SteadyTime made_at_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mex::tls
