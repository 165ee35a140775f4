#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

#include "base/clock.h"

namespace mex::cluster {

// One thread that calls functions at their time. The functions must be short: whatever blocks goes
// to the thread pool from there. Thread-safe.
class Timer {
 public:
  using Function = std::function<void()>;

  explicit Timer(base::Clock& clock);
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  // Same as stop().
  ~Timer();

  // After stop() the function is dropped.
  void call_after(std::chrono::milliseconds delay, Function function);

  // Drops what is waiting and ends the thread. May be called twice, not from the timer's thread.
  void stop();

 private:
  void run();

  base::Clock& clock_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::multimap<base::SteadyTime, Function> waiting_;
  bool is_stopping_ = false;
  std::thread thread_;
};

}  // namespace mex::cluster
