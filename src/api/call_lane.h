#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <list>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "base/mutex.h"

namespace mex::api {

// A call that waits for a thread.
class LaneJob {
 public:
  LaneJob() = default;
  LaneJob(const LaneJob&) = delete;
  LaneJob& operator=(const LaneJob&) = delete;
  virtual ~LaneJob() = default;

  // On a thread of the lane; may block. No exception leaves it.
  virtual void run() = 0;
  // It will not run. On any thread.
  virtual void refuse(const absl::Status& reason) = 0;
};

// The threads for calls of one kind, and the calls that wait for them. What blocks one kind of call
// does not keep another kind waiting, and a caller who asks for much waits behind one who asks for
// little: callers take turns, and when the lane is full, the caller with most calls in it is
// refused first. Thread-safe.
class CallLane {
 public:
  struct Limits {
    std::string name;  // in refusals: "changes of nginx instances"
    std::size_t threads = 1;
    std::size_t waiting = 64;
    std::chrono::milliseconds max_wait{10'000};  // for a thread
  };

  explicit CallLane(Limits limits);
  CallLane(const CallLane&) = delete;
  CallLane& operator=(const CallLane&) = delete;
  // Same as stop().
  ~CallLane();

  const Limits& limits() const { return limits_; }

  // Runs the job when it is the turn of `caller`, or refuses it or another one: ResourceExhausted
  // if too many wait.
  void submit(std::string_view caller, std::shared_ptr<LaneJob> job);

  // Forgets the job if it still waits. Its refuse() is not called.
  void withdraw(const LaneJob& job);

  std::size_t waiting() const;

  // Refuses what waits and waits for what runs. May be called twice.
  void stop();

 private:
  struct Caller {
    std::string name;
    std::deque<std::shared_ptr<LaneJob>> jobs;  // never empty
  };

  void work(const std::stop_token& stopping);
  Caller* find(std::string_view caller) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::shared_ptr<LaneJob> take_next() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The youngest job of the caller with most of them, if that has more than `most`.
  std::shared_ptr<LaneJob> evict(std::size_t most) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status full() const;

  const Limits limits_;
  mutable base::Mutex mutex_;
  base::CondVar wake_;
  std::list<Caller> callers_ ABSL_GUARDED_BY(mutex_);  // the first one is next
  std::size_t waiting_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::stop_source stopping_;
  std::vector<std::thread> threads_;
};

}  // namespace mex::api
