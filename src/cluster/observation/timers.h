#pragma once

#include <chrono>
#include <functional>

namespace mex::cluster {

// Calls functions at a later time.
class Timers {
 public:
  virtual ~Timers() = default;

  // Calls `function` once, not before `delay` has passed, and never from within call_after().
  virtual void call_after(std::chrono::milliseconds delay, std::function<void()> function) = 0;
};

}  // namespace mex::cluster
