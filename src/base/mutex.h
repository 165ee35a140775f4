#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <utility>

#include "absl/base/thread_annotations.h"

// Mutexes whose use clang checks at compile time (-Wthread-safety): a member names its mutex with
// ABSL_GUARDED_BY, a function that expects it to be held with ABSL_EXCLUSIVE_LOCKS_REQUIRED.
// absl::Mutex has the annotations, too, but ThreadSanitizer does not see into Debian's build of it.
// https://clang.llvm.org/docs/ThreadSafetyAnalysis.html
namespace mex::base {

class ABSL_LOCKABLE Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() { mutex_.lock(); }
  void unlock() ABSL_UNLOCK_FUNCTION() { mutex_.unlock(); }
  // Tells the compiler, where it cannot see it, that the caller holds the mutex: in a lambda that
  // is called under the lock. Checks nothing at run time.
  void assert_held() const ABSL_ASSERT_EXCLUSIVE_LOCK() {}

 private:
  std::mutex mutex_;
};

// Holds a mutex for a scope. unlock() and lock() open a gap in it for what must not run under the
// lock.
class ABSL_SCOPED_LOCKABLE MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) ABSL_EXCLUSIVE_LOCK_FUNCTION(mutex) : lock_(mutex) {}
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;
  ~MutexLock() ABSL_UNLOCK_FUNCTION() = default;

  void lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() { lock_.lock(); }
  void unlock() ABSL_UNLOCK_FUNCTION() { lock_.unlock(); }

 private:
  friend class CondVar;
  std::unique_lock<Mutex> lock_;
};

// Waits for a condition over what a mutex guards. Every wait ends early when `stop` is requested,
// and returns what the predicate says then. The predicate is called with the mutex held; as a
// lambda it begins with `mutex_.assert_held()`.
class CondVar {
 public:
  CondVar() = default;
  CondVar(const CondVar&) = delete;
  CondVar& operator=(const CondVar&) = delete;

  void notify_one() { condition_.notify_one(); }
  void notify_all() { condition_.notify_all(); }

  template <typename Predicate>
  void wait(MutexLock& lock, Predicate is_true) {
    condition_.wait(lock.lock_, std::move(is_true));
  }
  template <typename Predicate>
  bool wait(MutexLock& lock, std::stop_token stop, Predicate is_true) {
    return condition_.wait(lock.lock_, std::move(stop), std::move(is_true));
  }
  template <typename Predicate>
  bool wait_until(MutexLock& lock, std::chrono::steady_clock::time_point deadline,
                  Predicate is_true) {
    return condition_.wait_until(lock.lock_, deadline, std::move(is_true));
  }
  template <typename Predicate>
  bool wait_until(MutexLock& lock, std::stop_token stop,
                  std::chrono::steady_clock::time_point deadline, Predicate is_true) {
    return condition_.wait_until(lock.lock_, std::move(stop), deadline, std::move(is_true));
  }

 private:
  std::condition_variable_any condition_;
};

}  // namespace mex::base
