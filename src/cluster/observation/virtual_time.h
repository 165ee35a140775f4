#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <utility>

#include "base/clock.h"
#include "cluster/observation/timers.h"

namespace mex::cluster {

// For tests: a clock that goes from one event to the next. Timers are the process's and go when it
// is killed; events of the world go on. The wall clock can be set, the monotonic one cannot.
class VirtualTime final : public base::Clock, public Timers {
 public:
  base::WallTime wall_now() const override { return base::WallTime(now_ + wall_shift_); }
  base::SteadyTime steady_now() const override { return base::SteadyTime(now_); }

  // What the clocks of the world show, which are never set.
  base::WallTime world_now() const { return base::WallTime(now_); }
  void shift_wall_clock(std::chrono::milliseconds shift) { wall_shift_ += shift; }

  void call_after(std::chrono::milliseconds delay, std::function<void()> function) override {
    events_.emplace(now_ + delay, Event{std::move(function), true});
  }
  void in_the_world_after(std::chrono::milliseconds delay, std::function<void()> function) {
    events_.emplace(now_ + delay, Event{std::move(function), false});
  }

  // Goes on to the next event and lets it happen. False if there is none.
  bool run_next() {
    if (events_.empty()) return false;
    const auto first = events_.begin();
    now_ = first->first;
    const std::function<void()> function = std::move(first->second.function);
    events_.erase(first);
    function();
    return true;
  }

  // The end of a test: what events hold goes while all that it refers to is there.
  void drop_everything() { std::exchange(events_, {}); }

  void drop_timers() {
    std::erase_if(events_, [](const auto& entry) { return entry.second.is_timer; });
  }

 private:
  struct Event {
    std::function<void()> function;
    bool is_timer;
  };

  std::chrono::milliseconds now_ = std::chrono::hours(500000);
  std::chrono::milliseconds wall_shift_{0};
  std::multimap<std::chrono::milliseconds, Event> events_;
};

}  // namespace mex::cluster
