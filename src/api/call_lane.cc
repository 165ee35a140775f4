#include "api/call_lane.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

#include "base/status.h"

namespace mex::api {

CallLane::CallLane(Limits limits) : limits_(std::move(limits)) {
  threads_.reserve(limits_.threads);
  for (std::size_t i = 0; i < limits_.threads; ++i) {
    threads_.emplace_back([this] { work(stopping_.get_token()); });
    ::pthread_setname_np(threads_.back().native_handle(), "api-call");
  }
}

CallLane::~CallLane() { stop(); }

void CallLane::stop() {
  std::list<Caller> dropped;
  {
    const base::MutexLock lock(mutex_);
    stopped_ = true;
    stopping_.request_stop();
    dropped.swap(callers_);
    waiting_ = 0;
  }
  wake_.notify_all();
  for (const Caller& caller : dropped) {
    for (const auto& job : caller.jobs) job->refuse(absl::UnavailableError("the agent ends"));
  }
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

std::size_t CallLane::waiting() const {
  const base::MutexLock lock(mutex_);
  return waiting_;
}

absl::Status CallLane::full() const {
  return base::error(absl::StatusCode::kResourceExhausted, "busy: {} {} wait already; try later",
                     limits_.waiting, limits_.name);
}

CallLane::Caller* CallLane::find(std::string_view caller) {
  const auto found = std::find_if(callers_.begin(), callers_.end(),
                                  [&](const Caller& each) { return each.name == caller; });
  return found == callers_.end() ? nullptr : &*found;
}

std::shared_ptr<LaneJob> CallLane::evict(std::size_t most) {
  const auto loudest = std::max_element(
      callers_.begin(), callers_.end(),
      [](const Caller& a, const Caller& b) { return a.jobs.size() < b.jobs.size(); });
  if (loudest == callers_.end() || loudest->jobs.size() <= most) return nullptr;
  std::shared_ptr<LaneJob> evicted = std::move(loudest->jobs.back());
  loudest->jobs.pop_back();  // one is left: it had more than one
  --waiting_;
  return evicted;
}

void CallLane::submit(std::string_view caller, std::shared_ptr<LaneJob> job) {
  std::shared_ptr<LaneJob> refused;
  absl::Status reason;
  {
    const base::MutexLock lock(mutex_);
    Caller* own = find(caller);
    if (stopped_) {
      refused = std::move(job);
      reason = absl::UnavailableError("the agent ends");
    } else if (waiting_ >= limits_.waiting) {
      reason = full();
      // Room is made only for who has less in the lane than the other one then keeps.
      refused = evict((own == nullptr ? 0 : own->jobs.size()) + 1);
      if (refused == nullptr) refused = std::move(job);
    }
    if (job != nullptr) {
      if (own == nullptr) own = &callers_.emplace_back(Caller{std::string(caller), {}});
      own->jobs.push_back(std::move(job));
      ++waiting_;
    }
  }
  wake_.notify_one();
  if (refused != nullptr) refused->refuse(reason);
}

void CallLane::withdraw(const LaneJob& job) {
  std::shared_ptr<LaneJob> withdrawn;  // may be destroyed here: not under the lock
  const base::MutexLock lock(mutex_);
  for (auto caller = callers_.begin(); caller != callers_.end(); ++caller) {
    const auto found = std::find_if(caller->jobs.begin(), caller->jobs.end(),
                                    [&](const auto& each) { return each.get() == &job; });
    if (found == caller->jobs.end()) continue;
    withdrawn = std::move(*found);
    caller->jobs.erase(found);
    --waiting_;
    if (caller->jobs.empty()) callers_.erase(caller);
    return;
  }
}

std::shared_ptr<LaneJob> CallLane::take_next() {
  Caller& caller = callers_.front();
  std::shared_ptr<LaneJob> job = std::move(caller.jobs.front());
  caller.jobs.pop_front();
  --waiting_;
  if (caller.jobs.empty()) {
    callers_.pop_front();
  } else {
    callers_.splice(callers_.end(), callers_, callers_.begin());
  }
  return job;
}

void CallLane::work(const std::stop_token& stopping) {
  for (;;) {
    std::shared_ptr<LaneJob> job;
    {
      base::MutexLock lock(mutex_);
      wake_.wait(lock, stopping, [this] {
        mutex_.assert_held();
        return !callers_.empty();
      });
      if (callers_.empty()) return;
      job = take_next();
    }
    job->run();
  }
}

}  // namespace mex::api
