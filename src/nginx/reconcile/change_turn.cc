#include "nginx/reconcile/change_turn.h"

#include <algorithm>

namespace mex::nginx {

bool ChangeTurn::take(std::optional<std::chrono::steady_clock::time_point> deadline) {
  base::MutexLock lock(mutex_);
  const std::uint64_t own = next_++;
  waiting_.push_back(own);
  const auto is_ours = [this, own] {
    mutex_.assert_held();
    return !is_taken_ && waiting_.front() == own;
  };
  if (!deadline) {
    changed_.wait(lock, is_ours);
  } else if (!changed_.wait_until(lock, *deadline, is_ours)) {
    waiting_.erase(std::find(waiting_.begin(), waiting_.end(), own));
    changed_.notify_all();  // another one may be the first now
    return false;
  }
  waiting_.pop_front();
  is_taken_ = true;
  return true;
}

void ChangeTurn::unlock() {
  const base::MutexLock lock(mutex_);
  is_taken_ = false;
  changed_.notify_all();
}

}  // namespace mex::nginx
