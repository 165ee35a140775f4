#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "proxy/balance/balanced_origins.h"
#include "proxy/balance/hash.h"
#include "proxy/balance/retry_budget.h"

namespace mex::proxy::balance {

// What decides where a request goes.
struct PickRequest {
  base::SteadyTime now{};
  std::uint64_t tried = 0;              // a bit for each origin that has failed it already
  std::optional<std::uint64_t> hash{};  // of what Policy::Hash goes by; none: the request lacks it
  std::string_view sticky_id{};         // what the cookie of Policy::Sticky says; may be empty
};

struct Pick {
  enum class Result : std::uint8_t {
    Found,
    Full,  // those that are left have as many requests as they may have
    None,  // all have been tried
  };
  Result result = Result::None;
  std::size_t index = 0;
  // Its outcome decides whether the origin gets requests again.
  bool is_trial = false;
};

// One shard's choices from a group; the group's states make it know what the others see. One
// thread. Allocates nothing.
class Balancer {
 public:
  // `group` outlives it. Shards with different seeds begin with different origins.
  Balancer(const BalancedOrigins& group, std::uint64_t seed);

  // The origin of the next request. One that is found counts as having it until end_request().
  Pick pick(const PickRequest& request);

  RetryBudget& budget() { return budget_; }

 private:
  using Mask = std::uint64_t;
  static constexpr std::size_t kNone = kMaxOrigins;

  struct Candidates {
    Mask usable = 0;
    Mask trial_due = 0;  // of the usable ones
    Mask unhealthy = 0;  // used all the same, out of need
  };

  Candidates candidates(const PickRequest& request);
  std::size_t weight_of(const BalancedOrigins::Member& member, base::SteadyTime now) const;
  std::size_t select(Mask usable, const PickRequest& request);
  std::size_t select_in_turn(Mask usable);
  std::size_t select_least_requests(Mask usable);
  std::size_t select_at_random(Mask usable);
  std::size_t select_better_of_two(Mask usable);
  std::size_t select_by_hash(Mask usable, std::uint64_t hash) const;
  std::size_t find_sticky(std::string_view id) const;
  // Whether a has fewer requests than b, each for its weight.
  bool is_less_busy(std::size_t a, std::size_t b) const;

  const BalancedOrigins& group_;
  Random random_;
  RetryBudget budget_;
  std::array<std::int64_t, kMaxOrigins> turn_{};    // of the smooth round robin
  std::array<std::size_t, kMaxOrigins> weights_{};  // as they count in this pick
};

}  // namespace mex::proxy::balance
