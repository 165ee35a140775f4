#include "cluster/engine/serialized_calls.h"

#include <utility>

namespace mex::cluster {

SerializedCalls::SerializedCalls(StepExecutor& executor, Timers& timers, base::ThreadPool& pool,
                                 base::Mutex& mutex,
                                 std::function<std::shared_ptr<const void>()> owner)
    : executor_(executor), timers_(timers), pool_(pool), mutex_(mutex), owner_(std::move(owner)) {}

void SerializedCalls::execute(Attempt attempt, Done done) {
  executor_.execute(std::move(attempt),
                    [this, owner = owner_(), done = std::move(done)](const Outcome& outcome) {
                      const base::MutexLock lock(mutex_);
                      done(outcome);
                    });
}

void SerializedCalls::call_after(std::chrono::milliseconds delay, std::function<void()> function) {
  const std::weak_ptr<const void> weak = owner_();
  timers_.call_after(delay, [this, weak, function = std::move(function)] {
    auto owner = weak.lock();
    if (owner == nullptr) return;
    pool_.submit([this, owner = std::move(owner), function](const auto&) {
      const base::MutexLock lock(mutex_);
      function();
    });
  });
}

}  // namespace mex::cluster
