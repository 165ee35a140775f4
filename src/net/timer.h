#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

#include "base/clock.h"

namespace mex::net {

class TimerWheel;

// One deadline. Created once by its owner (a connection) and armed again and again: arming is a
// store or, at worst, one relinking of a list. Fires once for each arming, never early, at most one
// wheel tick and one loop turn late. Loop thread only. Must not outlive its wheel.
class Timer {
 public:
  // `on_fire` may arm this timer and arm or destroy any other one. Captures of more than two
  // pointers would make std::function allocate.
  Timer(TimerWheel& wheel, std::function<void()> on_fire);
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer();

  // Fires at wheel.now() + delay. Replaces what was armed before.
  void arm(std::chrono::nanoseconds delay);
  void disarm() { armed_ = false; }
  bool armed() const { return armed_; }

 private:
  friend class TimerWheel;

  TimerWheel& wheel_;
  std::function<void()> on_fire_;
  // Lazy: a timer that is linked in slot `linked_tick_` and armed for a later tick, or disarmed,
  // stays where it is until that slot comes up.
  Timer* next_ = nullptr;
  Timer** link_ = nullptr;  // what points to this timer; null when in no list
  std::uint64_t linked_tick_ = 0;
  std::uint64_t due_tick_ = 0;
  bool armed_ = false;
};

// Hierarchical timing wheel: four levels of 64 slots, tick 8 ms, so delays to 37 hours are placed
// exactly and longer ones are re-placed on the way. Sees no clock: the event loop sets the
// time.
class TimerWheel {
 public:
  static constexpr std::chrono::milliseconds kTick{8};

  explicit TimerWheel(base::SteadyTime start);
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;

  base::SteadyTime now() const { return now_; }

  // What timers armed from now on count from. Time never runs backwards: an earlier one is ignored.
  void set_now(base::SteadyTime now) { now_ = std::max(now_, now); }

  // Fires what is due at now().
  void fire_due();

  // When fire_due() should be called next, if at all. May be earlier than the next firing (a slot
  // that has to be spread over a lower level, or one with lazily disarmed timers), never later.
  std::optional<base::SteadyTime> next_wakeup() const;

 private:
  friend class Timer;

  static constexpr std::size_t kLevels = 4;
  static constexpr unsigned kSlotBits = 6;
  static constexpr std::size_t kSlots = 1U << kSlotBits;
  struct Level {
    std::array<Timer*, kSlots> slots{};
    std::uint64_t occupied = 0;  // bit per slot; may be set for a slot that has become empty
  };

  std::uint64_t due_tick(std::chrono::nanoseconds delay) const;
  void place(Timer& timer);
  static void link(Timer& timer, Timer*& list);
  static void unlink(Timer& timer);
  std::optional<std::uint64_t> next_tick() const;
  void process(std::uint64_t tick);
  void take_slot(std::size_t level, std::size_t slot);
  void expire(Timer& timer);

  const base::SteadyTime start_;
  base::SteadyTime now_;
  std::uint64_t current_tick_ = 0;
  std::array<Level, kLevels> levels_;
  Timer* pending_ = nullptr;  // timers of the slot being processed
};

}  // namespace mex::net
