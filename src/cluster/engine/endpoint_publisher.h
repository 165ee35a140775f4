#pragma once

#include <atomic>
#include <functional>
#include <vector>

#include "base/mutex.h"
#include "base/thread_pool.h"
#include "cluster/engine/cluster_endpoints.h"

namespace mex::cluster {

// Says how every cluster is reached, after every change of that. Thread-safe.
class EndpointPublisher {
 public:
  using Collect = std::function<std::vector<ClusterEndpoints>()>;
  using Publish = std::function<void(const std::vector<ClusterEndpoints>&)>;

  // `publish` may be null. One call of it at a time, with what `collect` gives at that moment; both
  // may block for a moment and take locks. `pool` outlives the publisher.
  EndpointPublisher(base::ThreadPool& pool, Collect collect, Publish publish);

  // Publishes soon, on a thread of the pool. Does not block and takes no lock of the publisher's.
  void request();
  // Publishes before it returns.
  void publish();

 private:
  base::ThreadPool& pool_;
  const Collect collect_;
  const Publish publish_;
  std::atomic<bool> is_requested_ = false;
  base::Mutex publishing_;  // one at a time; taken before all locks of the engine
};

}  // namespace mex::cluster
