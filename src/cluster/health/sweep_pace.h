#pragma once

#include <chrono>
#include <cstddef>

#include "cluster/steps/timing.h"

namespace mex::cluster {

// How soon an API server is asked again:
//
//   an operation waits for it   soon; an eighth later each time that nothing has changed, so that
//                               what is waited for is seen at most an eighth late
//   it answers                  after the flavor's interval
//   it does not                 after that, then after twice as long each time, up to
//                               Timing::silent_tick; spread, so that those that became silent
//                               together are not asked together
//
// Not thread-safe.
class SweepPace {
 public:
  // What a sweep saw.
  struct Outcome {
    bool is_answered = false;
    bool is_awaited = false;               // an operation waits for what the API server says
    bool is_changed = false;               // it went on because of this sweep
    std::chrono::milliseconds interval{};  // of the flavor
  };

  // `timing` outlives the pace; `seed` makes the spread repeatable.
  SweepPace(const Timing& timing, std::size_t seed);

  // The pause before the next sweep.
  std::chrono::milliseconds pause_after(const Outcome& outcome);

  // The latest sweep was not answered.
  bool is_silent() const { return unanswered_ > 0; }

 private:
  std::chrono::milliseconds awaited_pause(bool is_changed);
  std::chrono::milliseconds silent_pause(std::chrono::milliseconds interval) const;

  const Timing& timing_;
  const std::size_t seed_;
  int unanswered_ = 0;                 // sweeps in a row
  std::chrono::milliseconds awaited_;  // the latest pause while an operation waits
};

}  // namespace mex::cluster
