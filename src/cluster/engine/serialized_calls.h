#pragma once

#include <functional>
#include <memory>

#include "base/mutex.h"
#include "base/thread_pool.h"
#include "cluster/engine/step_executor.h"
#include "cluster/observation/timers.h"

namespace mex::cluster {

// Makes calls and waits for times, and reports both with a mutex held, so that what is not
// thread-safe can be built on them. Thread-safe.
class SerializedCalls final : public StepExecutor, public Timers {
 public:
  // `owner` gives the object that has the mutex; it is kept alive by calls, not by timers. Timers
  // go to `pool`, because what they cause may write to the disk. All references outlive `owner`.
  SerializedCalls(StepExecutor& executor, Timers& timers, base::ThreadPool& pool,
                  base::Mutex& mutex, std::function<std::shared_ptr<const void>()> owner);

  void execute(Attempt attempt, Done done) override;
  void call_after(std::chrono::milliseconds delay, std::function<void()> function) override;

 private:
  StepExecutor& executor_;
  Timers& timers_;
  base::ThreadPool& pool_;
  base::Mutex& mutex_;
  const std::function<std::shared_ptr<const void>()> owner_;
};

}  // namespace mex::cluster
