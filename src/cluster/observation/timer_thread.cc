#include "cluster/observation/timer_thread.h"

#include <utility>

namespace mex::cluster {
namespace {

constexpr std::chrono::hours kIdle{1};

}  // namespace

TimerThread::TimerThread(base::Clock& clock) : clock_(clock), thread_([this] { run(); }) {}

TimerThread::~TimerThread() { stop(); }

void TimerThread::call_after(std::chrono::milliseconds delay, std::function<void()> function) {
  const base::MutexLock lock(mutex_);
  if (is_stopping_) return;
  waiting_.emplace(clock_.steady_now() + delay, std::move(function));
  is_changed_ = true;
  wake_.notify_one();
}

void TimerThread::stop() {
  {
    const base::MutexLock lock(mutex_);
    is_stopping_ = true;
    waiting_.clear();
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void TimerThread::run() {
  base::MutexLock lock(mutex_);
  while (!is_stopping_) {
    is_changed_ = false;
    const auto first = waiting_.begin();
    const base::SteadyTime now = clock_.steady_now();
    const base::SteadyTime due = first == waiting_.end() ? now + kIdle : first->first;
    if (due > now) {
      wake_.wait_until(lock, std::chrono::steady_clock::now() + (due - now), [this] {
        mutex_.assert_held();
        return is_changed_ || is_stopping_;
      });
      continue;
    }
    const std::function<void()> function = std::move(first->second);
    waiting_.erase(first);
    lock.unlock();
    function();
    lock.lock();
  }
}

}  // namespace mex::cluster
