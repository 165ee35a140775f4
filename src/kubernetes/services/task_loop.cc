#include "kubernetes/services/task_loop.h"

#include <utility>

namespace mex::kubernetes {

TaskLoop::TaskLoop() : thread_([this] { run(); }) {}

TaskLoop::~TaskLoop() { stop(); }

// What is given later has a later time, or the same one and a place behind it.
void TaskLoop::call_after(std::chrono::milliseconds delay, Task task) {
  const base::MutexLock lock(mutex_);
  if (is_stopping_) return;
  waiting_.emplace(base::system_clock().steady_now() + delay, std::move(task));
  is_changed_ = true;
  wake_.notify_one();
}

void TaskLoop::stop() {
  std::multimap<base::SteadyTime, Task> dropped;
  {
    const base::MutexLock lock(mutex_);
    is_stopping_ = true;
    dropped.swap(waiting_);
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void TaskLoop::run() {
  base::MutexLock lock(mutex_);
  while (!is_stopping_) {
    is_changed_ = false;
    const base::SteadyTime now = base::system_clock().steady_now();
    const auto first = waiting_.begin();
    if (first != waiting_.end() && first->first <= now) {
      const Task task = std::move(first->second);
      waiting_.erase(first);
      lock.unlock();
      task();
      lock.lock();
      continue;
    }
    const base::SteadyTime due =
        first == waiting_.end() ? now + std::chrono::hours(1) : first->first;
    wake_.wait_until(lock, due, [this] {
      mutex_.assert_held();
      return is_changed_ || is_stopping_;
    });
  }
}

}  // namespace mex::kubernetes
