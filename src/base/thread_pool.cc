#include "base/thread_pool.h"

#include <utility>

namespace mex::base {

ThreadPool::ThreadPool(std::size_t threads) {
  workers_.reserve(threads);
  for (std::size_t i = 0; i < threads; ++i) {
    workers_.emplace_back([this] { work(stopping_.get_token()); });
  }
}

ThreadPool::~ThreadPool() { stop(); }

bool ThreadPool::submit(Job job) {
  {
    const MutexLock lock(mutex_);
    if (stopping_.stop_requested()) return false;
    queue_.push_back(std::move(job));
  }
  wake_.notify_one();
  return true;
}

void ThreadPool::stop() {
  std::deque<Job> dropped;
  {
    const MutexLock lock(mutex_);
    stopping_.request_stop();
    dropped.swap(queue_);
  }
  wake_.notify_all();
  for (std::thread& worker : workers_) {
    if (worker.joinable()) worker.join();
  }
}

void ThreadPool::work(const std::stop_token& stopping) {
  for (;;) {
    Job job;
    {
      MutexLock lock(mutex_);
      if (!wake_.wait(lock, stopping, [this] {
            mutex_.assert_held();
            return !queue_.empty();
          }))
        return;
      if (stopping.stop_requested()) return;
      job = std::move(queue_.front());
      queue_.pop_front();
    }
    job(stopping);
  }
}

}  // namespace mex::base
