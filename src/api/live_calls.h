#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "base/clock.h"
#include "base/mutex.h"

namespace mex::api {

// A call that is under way.
class LiveCall {
 public:
  LiveCall() = default;
  LiveCall(const LiveCall&) = delete;
  LiveCall& operator=(const LiveCall&) = delete;
  virtual ~LiveCall() = default;

  // Ends the call, or tells its caller, if it has passed its deadline.
  virtual void check_deadline(base::SteadyTime now) = 0;
  // Tells its caller why there is no answer, unless one is on its way.
  virtual void give_up(const absl::Status& reason) = 0;
};

// The calls of a server, each of which has deadlines that a thread watches. Thread-safe.
class LiveCalls {
 public:
  LiveCalls();
  LiveCalls(const LiveCalls&) = delete;
  LiveCalls& operator=(const LiveCalls&) = delete;
  // When the last call is removed.
  ~LiveCalls();

  void add(std::shared_ptr<LiveCall> call);
  // The last reference may be the table's, so nothing follows this in a method of the call.
  void remove(const LiveCall& call);

  std::size_t size() const;
  // The oldest first.
  std::vector<std::shared_ptr<LiveCall>> all() const;

 private:
  void watch(const std::stop_token& stopping);

  mutable base::Mutex mutex_;
  base::CondVar changed_;
  std::map<std::uint64_t, std::shared_ptr<LiveCall>> calls_ ABSL_GUARDED_BY(mutex_);
  std::map<const LiveCall*, std::uint64_t> numbers_ ABSL_GUARDED_BY(mutex_);
  std::uint64_t next_ ABSL_GUARDED_BY(mutex_) = 0;
  std::jthread thread_;
};

}  // namespace mex::api
