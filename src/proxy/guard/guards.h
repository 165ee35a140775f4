#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "net/address_range.h"
#include "proxy/guard/rate_table.h"
#include "proxy/route/guard_spec.h"

namespace mex::proxy::guard {

using route::ConcurrencySpec;
using route::GuardSpec;
using route::RateKey;
using route::RateLimitSpec;

struct GuardState;

// Checked, and immutable but for what is counted, which all shards and all versions of a route
// share. Any thread.
class Guards {
 public:
  // InvalidArgument, with the field that is at fault ("guards.allow[1]") in its detail.
  static absl::StatusOr<std::shared_ptr<const Guards>> create(const GuardSpec& spec);
  // What was counted for `previous` goes on. Before a shard has seen it.
  void continue_from(const Guards& previous) const { state_ = previous.state_; }

  bool allows(const net::Address& client) const;

  // None if its requests_per_second are 0.
  const RateLimitSpec& rate_limit() const { return rate_limit_; }
  // By the key that the limit has; `key` is of no use where that is the route.
  RateVerdict take(std::string_view key, base::SteadyTime now) const;

  std::uint64_t max_body() const { return max_body_; }

  // A request that is under way; leaves when it goes.
  class Ticket {
   public:
    Ticket() = default;
    Ticket(Ticket&& other) noexcept
        : state_(std::move(other.state_)), place_(std::exchange(other.place_, nullptr)) {}
    Ticket& operator=(Ticket&& other) noexcept {
      leave();
      state_ = std::move(other.state_);
      place_ = std::exchange(other.place_, nullptr);
      return *this;
    }
    ~Ticket() { leave(); }

   private:
    friend class Guards;
    void leave();

    std::shared_ptr<GuardState> state_;
    ConcurrencyTable::Place* place_ = nullptr;
  };
  // None: as many of this client, or of all, are under way as may be.
  std::optional<Ticket> enter(std::string_view client) const;

 private:
  Guards() = default;

  std::vector<net::AddressRange> allow_;
  std::vector<net::AddressRange> deny_;
  RateLimitSpec rate_limit_;
  Rate rate_;
  ConcurrencySpec concurrency_;
  std::uint64_t max_body_ = 0;
  mutable std::shared_ptr<GuardState> state_;
};

}  // namespace mex::proxy::guard
