#pragma once

#include <stop_token>
#include <utility>

#include "base/mutex.h"
#include "base/thread_pool.h"

namespace mex::cluster {

// One reading at a time, on a pool whose threads may wait for the other side. Thread-safe.
class SingleReading {
 public:
  // The pool outlives this object.
  explicit SingleReading(base::ThreadPool& pool) : pool_(pool) {}

  // A reading is under way: another one is not begun.
  bool is_under_way() const {
    const base::MutexLock lock(mutex_);
    return is_under_way_;
  }

  // Begins one, unless one is under way: take(stop) reads on a thread of the pool, then `done` is
  // called there with what it gave, and not at all when the pool is stopped. `done` keeps this
  // object alive.
  template <typename Take, typename Done>
  void begin(Take take, Done done) {
    {
      const base::MutexLock lock(mutex_);
      if (std::exchange(is_under_way_, true)) return;
    }
    pool_.submit(
        [this, take = std::move(take), done = std::move(done)](const std::stop_token& stop) {
          auto seen = take(stop);
          end();
          if (!stop.stop_requested()) done(std::move(seen));
        });
  }

 private:
  void end() {
    const base::MutexLock lock(mutex_);
    is_under_way_ = false;
  }

  base::ThreadPool& pool_;
  mutable base::Mutex mutex_;  // a leaf
  bool is_under_way_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace mex::cluster
