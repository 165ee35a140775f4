#pragma once

#include <chrono>

#include "absl/status/status.h"
#include "base/clock.h"
#include "base/thread_pool.h"
#include "cluster/engine/step_executor.h"
#include "cluster/steps/cloud.h"

namespace mex::cluster {

// The code of attempts that have no cloud to go to.
inline constexpr const char* kCloudNotConfigured = "CloudNotConfigured";

// Makes the calls on the threads of a pool. Thread-safe.
class CloudExecutor final : public StepExecutor {
 public:
  // Without a cloud every attempt is Unavailable for the reason of `cloud_problem`. One call,
  // retries of the session included, takes at most `limit`. All references outlive the executor;
  // `done` is called on a thread of the pool, without locks.
  CloudExecutor(Cloud* cloud, absl::Status cloud_problem, base::ThreadPool& pool,
                base::Clock& clock, std::chrono::milliseconds limit);

  void execute(Attempt attempt, Done done) override;

 private:
  Cloud* cloud_;
  const absl::Status cloud_problem_;
  base::ThreadPool& pool_;
  base::Clock& clock_;
  const std::chrono::milliseconds limit_;
};

}  // namespace mex::cluster
