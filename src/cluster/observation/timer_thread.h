#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <thread>

#include "base/clock.h"
#include "base/mutex.h"
#include "cluster/observation/timers.h"

namespace mex::cluster {

// One thread that calls functions at their time. The functions must be short: whatever blocks goes
// to the thread pool from there. Thread-safe.
class TimerThread final : public Timers {
 public:
  explicit TimerThread(base::Clock& clock);
  TimerThread(const TimerThread&) = delete;
  TimerThread& operator=(const TimerThread&) = delete;
  // Same as stop().
  ~TimerThread() override;

  // After stop() the function is dropped.
  void call_after(std::chrono::milliseconds delay, std::function<void()> function) override;

  // Drops what is waiting and ends the thread. May be called twice, not from the timer's thread.
  void stop();

 private:
  using Functions = std::multimap<base::SteadyTime, std::function<void()>>;

  void run();

  base::Clock& clock_;
  base::Mutex mutex_;  // a leaf: nothing else is locked or called under it
  base::CondVar wake_;
  Functions waiting_ ABSL_GUARDED_BY(mutex_);
  bool is_changed_ ABSL_GUARDED_BY(mutex_) = false;  // since the thread last looked at them
  bool is_stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace mex::cluster
