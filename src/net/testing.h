#pragma once

// For tests of everything that runs on an event loop. Header only; not part of the library.

#include <chrono>
#include <functional>
#include <memory>

#include "base/clock.h"
#include "net/event_loop.h"

namespace mex::net::testing {

// Time that passes only by advance().
class ManualClock final : public base::Clock {
 public:
  base::WallTime wall_now() const override { return base::WallTime(now_milliseconds()); }
  base::SteadyTime steady_now() const override { return base::SteadyTime(now_); }
  void advance(std::chrono::milliseconds by) { now_ += by; }

 private:
  std::chrono::milliseconds now_milliseconds() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(now_);
  }
  std::chrono::nanoseconds now_ = std::chrono::hours(1000);
};

// Turns the loop until `condition` holds. False if it does not within a time that no working
// program needs: the test fails there instead of hanging.
inline bool run_until(EventLoop& loop, const std::function<bool()>& condition) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::minutes(5);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > give_up) return false;
    loop.run_once(std::chrono::milliseconds(1));
  }
  return true;
}

}  // namespace mex::net::testing
