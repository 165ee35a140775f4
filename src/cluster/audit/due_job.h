#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <utility>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/thread_pool.h"
#include "cluster/observation/timers.h"

namespace mex::cluster {

// Runs a job on the pool at the soonest of the times for which it was requested. Thread-safe.
class DueJob {
 public:
  using Job = std::function<void(const std::stop_token&)>;

  // All references outlive this object; timers and pool are stopped before it goes.
  DueJob(base::ThreadPool& pool, Timers& timers, const base::Clock& clock, Job job)
      : pool_(pool), timers_(timers), clock_(clock), job_(std::move(job)) {}

  // It runs after that pause, unless it is due sooner. Does not block.
  void request(std::chrono::milliseconds pause);

 private:
  void start(std::uint64_t ticket);

  base::ThreadPool& pool_;
  Timers& timers_;
  const base::Clock& clock_;
  const Job job_;
  base::Mutex mutex_;  // taken before the timers'
  // Of the run that is due: scheduling another makes it void.
  std::uint64_t ticket_ ABSL_GUARDED_BY(mutex_) = 0;
  std::optional<base::SteadyTime> due_ ABSL_GUARDED_BY(mutex_);  // nothing if none is
};

}  // namespace mex::cluster
