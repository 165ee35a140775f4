#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "proxy/balance/options.h"
#include "proxy/balance/origin_state.h"

namespace mex::proxy::balance {

// The origins of a route with what is known of each. Immutable but for their states; any thread.
class BalancedOrigins {
 public:
  struct Member {
    std::string url;
    std::string id;
    int weight = 1;
    std::uint64_t hash = 0;  // of the URL: the same on every agent
    std::shared_ptr<OriginState> state;
  };

  // Origins that `previous` (or null) has, too, keep their states; those that join others count as
  // come back now.
  BalancedOrigins(OriginSetOptions options, const BalancedOrigins* previous, base::SteadyTime now);
  BalancedOrigins(const BalancedOrigins&) = delete;
  BalancedOrigins& operator=(const BalancedOrigins&) = delete;

  const OriginSetOptions& options() const { return options_; }
  const std::vector<Member>& members() const { return members_; }
  std::size_t size() const { return members_.size(); }

  // What a request to a member has shown. Ejects the member if it was one too many, as long as
  // enough others are left.
  void report(std::size_t index, Outcome outcome, std::uint8_t fault, bool is_trial,
              base::SteadyTime now) const;

 private:
  bool may_eject_one_more(base::SteadyTime now) const;

  const OriginSetOptions options_;
  std::vector<Member> members_;
  // One shard at a time decides on an ejection; another one does not wait for it.
  mutable std::atomic_flag is_deciding_;
};

}  // namespace mex::proxy::balance
