#pragma once

#include <chrono>
#include <cstdint>
#include <utility>

#include "base/clock.h"

namespace mex::base {

// Lets `burst` events pass at once and one more in each interval: for lines of a log that any
// client can cause. One thread at a time.
class RateLimit {
 public:
  RateLimit(std::uint32_t burst, std::chrono::milliseconds interval)
      : burst_(burst), interval_(interval), left_(burst) {}

  bool allow(SteadyTime now) {
    if (now - since_ >= interval_) {
      const auto intervals = static_cast<std::uint64_t>((now - since_) / interval_);
      left_ = intervals >= burst_ - left_ ? burst_ : left_ + static_cast<std::uint32_t>(intervals);
      since_ = now;
    }
    if (left_ == 0) {
      ++suppressed_;
      return false;
    }
    --left_;
    return true;
  }

  // Events that did not pass since the last call.
  std::uint64_t take_suppressed() { return std::exchange(suppressed_, 0); }

 private:
  const std::uint32_t burst_;
  const std::chrono::milliseconds interval_;
  std::uint32_t left_;
  SteadyTime since_{};
  std::uint64_t suppressed_ = 0;
};

}  // namespace mex::base
