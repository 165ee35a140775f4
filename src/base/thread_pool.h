#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <stop_token>
#include <thread>
#include <vector>

#include "base/mutex.h"

namespace mex::base {

// The control plane's threads: a fixed number of workers for jobs that block with deadlines.
// Thread-safe. Jobs are given a stop token and end soon after it is set.
class ThreadPool {
 public:
  using Job = std::function<void(std::stop_token)>;

  explicit ThreadPool(std::size_t threads);
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;
  // Same as stop().
  ~ThreadPool();

  // Queues `job`. After stop() the job is dropped and false is returned.
  bool submit(Job job);

  // Sets the stop token, drops what is queued and waits for the running jobs. May be called twice.
  void stop();

 private:
  void work(const std::stop_token& stopping);

  Mutex mutex_;
  CondVar wake_;
  std::deque<Job> queue_ ABSL_GUARDED_BY(mutex_);
  std::stop_source stopping_;
  std::vector<std::thread> workers_;
};

}  // namespace mex::base
