#include "cluster/engine/timer.h"

#include <utility>

namespace mex::cluster {

Timer::Timer(base::Clock& clock) : clock_(clock), thread_([this] { run(); }) {}

Timer::~Timer() { stop(); }

void Timer::call_after(std::chrono::milliseconds delay, Function function) {
  const std::lock_guard lock(mutex_);
  if (is_stopping_) return;
  waiting_.emplace(clock_.steady_now() + delay, std::move(function));
  wake_.notify_one();
}

void Timer::stop() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
    waiting_.clear();
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Timer::run() {
  std::unique_lock lock(mutex_);
  while (!is_stopping_) {
    if (waiting_.empty()) {
      wake_.wait(lock);
      continue;
    }
    const auto first = waiting_.begin();
    const base::SteadyTime now = clock_.steady_now();
    if (first->first > now) {
      wake_.wait_for(lock, first->first - now);
      continue;
    }
    const Function function = std::move(first->second);
    waiting_.erase(first);
    lock.unlock();
    function();
    lock.lock();
  }
}

}  // namespace mex::cluster
