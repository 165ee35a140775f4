#include "cluster/audit/due_job.h"

namespace mex::cluster {

void DueJob::request(std::chrono::milliseconds pause) {
  const base::MutexLock lock(mutex_);
  const base::SteadyTime due = clock_.steady_now() + pause;
  if (due_ && *due_ <= due) return;
  due_ = due;
  timers_.call_after(pause, [this, ticket = ++ticket_] { start(ticket); });
}

void DueJob::start(std::uint64_t ticket) {
  {
    const base::MutexLock lock(mutex_);
    if (ticket != ticket_) return;
    due_.reset();
  }
  pool_.submit(job_);
}

}  // namespace mex::cluster
