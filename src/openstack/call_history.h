#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

#include "absl/status/status.h"
#include "base/clock.h"
#include "base/mutex.h"

namespace mex::openstack {

// What the calls of a session have met with lately, on all threads. Thread-safe.
class CallHistory {
 public:
  struct Error {
    base::WallTime at{};
    absl::Status status;  // its message names the call, its detail the request id
  };

  struct View {
    std::optional<base::WallTime> last_answer;  // of a service, be it good or a refusal
    std::optional<Error> last_error;
    std::uint64_t successes = 0;  // calls that succeeded
    std::uint64_t failures = 0;   // calls that failed for a reason that others may meet with, too
  };

  explicit CallHistory(const base::Clock& clock) : clock_(clock) {}

  void answered();
  // How a call ended. What is missing (NotFound) or was given up by the caller is no error.
  void ended(const absl::Status& status);

  View view() const;

  // Waits until the deadline, or until a call has succeeded (if `or_success`) or failed (otherwise)
  // since `seen`; false if `stop` was requested.
  bool wait(const View& seen, bool or_success, base::SteadyTime deadline, std::stop_token stop);

 private:
  const base::Clock& clock_;
  mutable base::Mutex mutex_;
  base::CondVar changed_;
  View view_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mex::openstack
