#include "openstack/call_history.h"

#include <utility>

#include "openstack/error.h"

namespace mex::openstack {

void CallHistory::answered() {
  const base::MutexLock lock(mutex_);
  view_.last_answer = clock_.wall_now();
}

void CallHistory::ended(const absl::Status& status) {
  if (absl::IsNotFound(status) || absl::IsCancelled(status)) return;
  const base::MutexLock lock(mutex_);
  if (status.ok()) {
    ++view_.successes;
  } else {
    view_.last_error = Error{.at = clock_.wall_now(), .status = status};
    if (is_transient(status) || absl::IsUnauthenticated(status)) ++view_.failures;
  }
  changed_.notify_all();
}

CallHistory::View CallHistory::view() const {
  const base::MutexLock lock(mutex_);
  return view_;
}

bool CallHistory::wait(const View& seen, bool or_success, base::SteadyTime deadline,
                       std::stop_token stop) {
  base::MutexLock lock(mutex_);
  changed_.wait_until(lock, stop, deadline, [&] {
    mutex_.assert_held();
    return or_success ? view_.successes != seen.successes : view_.failures != seen.failures;
  });
  return !stop.stop_requested();
}

}  // namespace mex::openstack
