#pragma once

#include <chrono>

#include "base/clock.h"

// For tests: times that are easy to tell apart.
namespace mex::cluster {

inline base::WallTime at_second(int seconds) {
  return base::WallTime(std::chrono::seconds(seconds));
}

inline base::WallTime at_millisecond(long milliseconds) {
  return base::WallTime(std::chrono::milliseconds(milliseconds));
}

}  // namespace mex::cluster
