#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/mutex.h"

namespace mex::cluster {

// How old what is known of clusters is, for metrics. Thread-safe.
class ObservationAges {
 public:
  // Of one cluster.
  struct Seen {
    // The server that was seen longest ago; nothing if the cluster has none.
    std::optional<base::SteadyTime> servers{};
    // When its API server last answered; nothing if it is not to be asked.
    std::optional<base::SteadyTime> api_server{};
    bool is_silent = false;  // the API server did not answer the last time
  };
  void report(const std::string& cluster_id, const Seen& seen);
  void forget(const std::string& cluster_id);

  struct Oldest {
    std::chrono::milliseconds servers{0};
    std::chrono::milliseconds api_servers{0};
    std::size_t silent_api_servers = 0;
  };
  Oldest oldest(base::SteadyTime now) const;

 private:
  mutable base::Mutex mutex_;  // taken after those of the engines
  std::map<std::string, Seen> by_cluster_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mex::cluster
