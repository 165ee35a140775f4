#include "net/timer.h"

#include <bit>
#include <utility>

namespace mex::net {

Timer::Timer(TimerWheel& wheel, std::function<void()> on_fire)
    : wheel_(wheel), on_fire_(std::move(on_fire)) {}

Timer::~Timer() { TimerWheel::unlink(*this); }

void Timer::arm(std::chrono::nanoseconds delay) {
  due_tick_ = wheel_.due_tick(delay);
  armed_ = true;
  if (link_ != nullptr) {
    if (linked_tick_ <= due_tick_) return;
    TimerWheel::unlink(*this);
  }
  wheel_.place(*this);
}

TimerWheel::TimerWheel(base::SteadyTime start) : start_(start), now_(start) {}

// Rounded up, so that no timer fires early; and never the tick that is being worked on.
std::uint64_t TimerWheel::due_tick(std::chrono::nanoseconds delay) const {
  constexpr std::chrono::nanoseconds kTickLength = kTick;
  const std::chrono::nanoseconds since_start =
      (now_ - start_) + std::max(delay, std::chrono::nanoseconds(0));
  const auto tick = (since_start + kTickLength - std::chrono::nanoseconds(1)) / kTickLength;
  return std::max(static_cast<std::uint64_t>(tick), current_tick_ + 1);
}

void TimerWheel::link(Timer& timer, Timer*& list) {
  timer.next_ = list;
  timer.link_ = &list;
  if (list != nullptr) list->link_ = &timer.next_;
  list = &timer;
}

void TimerWheel::unlink(Timer& timer) {
  if (timer.link_ == nullptr) return;
  *timer.link_ = timer.next_;
  if (timer.next_ != nullptr) timer.next_->link_ = timer.link_;
  timer.next_ = nullptr;
  timer.link_ = nullptr;
}

void TimerWheel::place(Timer& timer) {
  constexpr std::uint64_t kSpan = std::uint64_t{1} << (kLevels * kSlotBits);
  const std::uint64_t tick = std::min(timer.due_tick_, current_tick_ + kSpan - 1);
  std::size_t level = 0;
  for (std::uint64_t ahead = tick - current_tick_; ahead >= kSlots; ahead >>= kSlotBits) ++level;
  const std::size_t shift = level * kSlotBits;
  const std::size_t slot = (tick >> shift) & (kSlots - 1);
  timer.linked_tick_ = (tick >> shift) << shift;
  levels_[level].occupied |= std::uint64_t{1} << slot;
  link(timer, levels_[level].slots[slot]);
}

// The next tick at which a slot with timers comes up. A slot index equal to the current one means a
// whole turn of the level ahead: the current one has been worked off.
std::optional<std::uint64_t> TimerWheel::next_tick() const {
  std::optional<std::uint64_t> next;
  for (std::size_t level = 0; level < kLevels; ++level) {
    const std::uint64_t occupied = levels_[level].occupied;
    if (occupied == 0) continue;
    const std::size_t shift = level * kSlotBits;
    const std::uint64_t position = current_tick_ >> shift;
    const int turn = static_cast<int>((position + 1) & (kSlots - 1));
    const auto distance = static_cast<std::uint64_t>(std::countr_zero(std::rotr(occupied, turn)));
    const std::uint64_t tick = (position + 1 + distance) << shift;
    if (!next || tick < *next) next = tick;
  }
  return next;
}

std::optional<base::SteadyTime> TimerWheel::next_wakeup() const {
  const std::optional<std::uint64_t> tick = next_tick();
  if (!tick) return std::nullopt;
  return start_ + kTick * static_cast<std::int64_t>(*tick);
}

void TimerWheel::fire_due() {
  const auto target = static_cast<std::uint64_t>((now_ - start_) / kTick);
  for (;;) {
    const std::optional<std::uint64_t> tick = next_tick();
    if (!tick || *tick > target) break;
    process(*tick);
  }
  current_tick_ = std::max(current_tick_, target);
}

void TimerWheel::process(std::uint64_t tick) {
  current_tick_ = tick;
  for (std::size_t level = kLevels; level-- > 0;) {
    const std::size_t shift = level * kSlotBits;
    if (((tick >> shift) << shift) == tick) take_slot(level, (tick >> shift) & (kSlots - 1));
  }
}

void TimerWheel::take_slot(std::size_t level, std::size_t slot) {
  Timer*& list = levels_[level].slots[slot];
  levels_[level].occupied &= ~(std::uint64_t{1} << slot);
  // Moved aside, because what is fired may arm timers into this very slot, a turn ahead.
  pending_ = std::exchange(list, nullptr);
  if (pending_ != nullptr) pending_->link_ = &pending_;
  while (pending_ != nullptr) {
    Timer& timer = *pending_;
    unlink(timer);
    expire(timer);
  }
}

void TimerWheel::expire(Timer& timer) {
  if (!timer.armed_) return;
  if (timer.due_tick_ > current_tick_) {
    place(timer);
    return;
  }
  timer.armed_ = false;
  timer.on_fire_();
}

}  // namespace mex::net
