#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "base/mutex.h"

namespace mex::cluster {

// How many nodes of all clusters are faulty right now. Where more than a fifth of them are, and
// more than three, it is the cloud, the network or this agent, and no cluster is repaired.
// Thread-safe.
class FaultCensus {
 public:
  void report(const std::string& cluster_id, std::size_t nodes, std::size_t faulty);
  void forget(const std::string& cluster_id);

  // Why no cluster is repaired. Empty if they are.
  std::string problem() const;

 private:
  struct Count {
    std::size_t nodes = 0;
    std::size_t faulty = 0;
  };

  mutable base::Mutex mutex_;  // taken after those of the engines
  std::map<std::string, Count> by_cluster_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mex::cluster
