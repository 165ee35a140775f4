#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "net/address.h"

namespace mex::proxy::upstream {

// The addresses of an origin. New connections take those that work in turn, so that all addresses
// of a name share the load; one that failed comes after the others for a while. Sees no clock.
// Shard thread only.
class OriginAddresses {
 public:
  static constexpr std::size_t kNone = SIZE_MAX;
  static constexpr std::chrono::seconds kAvoided{10};

  // A bit for each address that was tried for one connection.
  using Tried = std::uint64_t;

  // What is known of addresses that stay is kept.
  void replace(const std::vector<net::Address>& addresses);

  bool empty() const { return all_.empty(); }
  // Other numbers stand for other addresses after a change.
  unsigned version() const { return version_; }

  // The number of the next one to try, or kNone.
  std::size_t next(Tried tried, base::SteadyTime now);
  bool has_next(Tried tried) const;
  const net::Address& at(std::size_t index) const { return all_[index].address; }

  void note_failure(const net::Address& address, base::SteadyTime now);
  void note_success(const net::Address& address);

 private:
  struct Known {
    net::Address address;
    base::SteadyTime avoided_until{};
  };
  Known* find(const net::Address& address);

  std::vector<Known> all_;
  std::size_t turn_ = 0;
  unsigned version_ = 0;
};

}  // namespace mex::proxy::upstream
