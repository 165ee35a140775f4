#pragma once

#include <algorithm>
#include <cstdint>

#include "base/clock.h"

namespace mex::proxy::balance {

// How many requests may be sent again: a share of all, so that origins that fail do not get a
// multiple of the load, and one a second for routes with few requests. Sees no clock. One thread.
class RetryBudget {
 public:
  explicit RetryBudget(int percent) : percent_(percent) {}

  void on_request() { hundredths_ = std::min(hundredths_ + percent_, kMaxHundredths); }

  // Whether one more may be sent again now; it is counted.
  bool take(base::SteadyTime now) {
    if (percent_ == 0) return false;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now - refilled_at_);
    if (seconds.count() > 0) {
      refilled_at_ += seconds;
      const auto refill = std::min<std::int64_t>(seconds.count(), kSaved) * 100;
      hundredths_ = std::min(hundredths_ + static_cast<int>(refill), kMaxHundredths);
    }
    if (hundredths_ < 100) return false;
    hundredths_ -= 100;
    return true;
  }

 private:
  static constexpr int kSaved = 10;  // retries that can be saved up
  static constexpr int kMaxHundredths = kSaved * 100;

  const int percent_;
  int hundredths_ = kMaxHundredths;
  base::SteadyTime refilled_at_{};
};

}  // namespace mex::proxy::balance
