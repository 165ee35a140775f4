#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "base/mutex.h"

namespace mex::nginx {

// Held through a whole change, which waits for the runtime: a lock that one can wait for with a
// deadline, and that is given in the order in which it was asked for.
class ABSL_LOCKABLE ChangeTurn {
 public:
  ChangeTurn() = default;
  ChangeTurn(const ChangeTurn&) = delete;
  ChangeTurn& operator=(const ChangeTurn&) = delete;

  // As long as it takes.
  void lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() { take(std::nullopt); }
  // False if it is not free in time.
  bool try_lock_for(std::chrono::milliseconds time) ABSL_EXCLUSIVE_TRYLOCK_FUNCTION(true) {
    return take(std::chrono::steady_clock::now() + time);
  }
  void unlock() ABSL_UNLOCK_FUNCTION();

 private:
  bool take(std::optional<std::chrono::steady_clock::time_point> deadline);

  base::Mutex mutex_;
  base::CondVar changed_;
  bool is_taken_ ABSL_GUARDED_BY(mutex_) = false;
  std::list<std::uint64_t> waiting_ ABSL_GUARDED_BY(mutex_);  // the first one is next
  std::uint64_t next_ ABSL_GUARDED_BY(mutex_) = 0;
};

// Holds the turn for a scope. unlock() and lock() open a gap in it.
class ABSL_SCOPED_LOCKABLE ChangeHold {
 public:
  explicit ChangeHold(ChangeTurn& turn) ABSL_EXCLUSIVE_LOCK_FUNCTION(turn) : turn_(turn) {
    turn_.lock();
  }
  // The turn has been taken already.
  ChangeHold(ChangeTurn& turn, std::adopt_lock_t) ABSL_EXCLUSIVE_LOCKS_REQUIRED(turn)
      : turn_(turn) {}
  ChangeHold(const ChangeHold&) = delete;
  ChangeHold& operator=(const ChangeHold&) = delete;
  ~ChangeHold() ABSL_UNLOCK_FUNCTION() {
    if (is_held_) turn_.unlock();
  }

  void lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    turn_.lock();
    is_held_ = true;
  }
  void unlock() ABSL_UNLOCK_FUNCTION() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    is_held_ = false;
    turn_.unlock();
  }

 private:
  ChangeTurn& turn_;
  bool is_held_ = true;
};

// The instances that callers are changing now, by full name. Thread-safe; no call waits.
class ChangesUnderWay {
 public:
  class Claim {
   public:
    Claim(Claim&& other) noexcept
        : of_(std::exchange(other.of_, nullptr)), name_(std::move(other.name_)) {}
    Claim& operator=(Claim&&) = delete;
    ~Claim() {
      if (of_ != nullptr) of_->give_back(name_);
    }

   private:
    friend class ChangesUnderWay;
    Claim(ChangesUnderWay* of, std::string name) : of_(of), name_(std::move(name)) {}

    ChangesUnderWay* of_;
    std::string name_;
  };

  // Nothing if another call is changing it.
  std::optional<Claim> claim(const std::string& name) {
    const base::MutexLock lock(mutex_);
    if (!names_.insert(name).second) return std::nullopt;
    return Claim(this, name);
  }

 private:
  void give_back(const std::string& name) {
    const base::MutexLock lock(mutex_);
    names_.erase(name);
  }

  base::Mutex mutex_;
  std::set<std::string> names_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mex::nginx
