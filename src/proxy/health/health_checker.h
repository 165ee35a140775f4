#pragma once

#include <memory>
#include <string>
#include <thread>

#include "base/mutex.h"
#include "net/buffer.h"
#include "net/event_loop.h"
#include "net/origin_policy.h"
#include "proxy/health/health_checks.h"
#include "proxy/options.h"
#include "proxy/upstream/upstreams.h"

namespace mex::proxy::health {

// Checks origins on its own thread with the connections that shards use: a busy shard makes
// no origin look slow, and no origin, whatever it answers, takes time from a shard. The thread
// begins with the first set that asks for checks. Thread-safe.
class HealthChecker {
 public:
  // `policy` outlives it.
  HealthChecker(Options options, const net::OriginPolicy& policy, std::string agent_token);
  HealthChecker(const HealthChecker&) = delete;
  HealthChecker& operator=(const HealthChecker&) = delete;
  ~HealthChecker();

  // These sets are checked from now on, and no others; see HealthChecks::use.
  void watch(OriginSets sets);

 private:
  // What belongs to the thread.
  struct Worker;

  const Options options_;
  const net::OriginPolicy& policy_;
  const std::string agent_token_;
  base::Mutex mutex_;
  std::unique_ptr<Worker> worker_ ABSL_GUARDED_BY(mutex_);  // null: nothing was checked yet
  std::thread thread_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mex::proxy::health
