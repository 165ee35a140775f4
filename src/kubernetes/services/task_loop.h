#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <thread>

#include "base/clock.h"
#include "base/mutex.h"

namespace mex::kubernetes {

// A thread that runs what it is given: at once, in order, or later. Thread-safe. What runs must not
// block for long.
class TaskLoop {
 public:
  using Task = std::function<void()>;

  TaskLoop();
  TaskLoop(const TaskLoop&) = delete;
  TaskLoop& operator=(const TaskLoop&) = delete;
  // Same as stop().
  ~TaskLoop();

  // After stop() the task is dropped.
  void post(Task task) { call_after(std::chrono::milliseconds(0), std::move(task)); }
  void call_after(std::chrono::milliseconds delay, Task task);

  // Drops what is waiting and ends the thread. May be called twice, not from a task.
  void stop();

 private:
  void run();

  base::Mutex mutex_;  // a leaf
  base::CondVar wake_;
  // Those of one time in the order of their coming.
  std::multimap<base::SteadyTime, Task> waiting_ ABSL_GUARDED_BY(mutex_);
  bool is_changed_ ABSL_GUARDED_BY(mutex_) = false;
  bool is_stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace mex::kubernetes
