#include "net/coarse_clock.h"

#include <ctime>

namespace mex::net {
namespace {

std::chrono::nanoseconds read(clockid_t id) {
  timespec time{};
  ::clock_gettime(id, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

class CoarseClock final : public base::Clock {
 public:
  base::WallTime wall_now() const override {
    return base::WallTime(
        std::chrono::floor<std::chrono::milliseconds>(read(CLOCK_REALTIME_COARSE)));
  }
  base::SteadyTime steady_now() const override {
    return base::SteadyTime(read(CLOCK_MONOTONIC_COARSE));
  }
};

}  // namespace

const base::Clock& coarse_clock() {
  static const CoarseClock clock;
  return clock;
}

}  // namespace mex::net
