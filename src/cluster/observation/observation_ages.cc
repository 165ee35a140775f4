#include "cluster/observation/observation_ages.h"

#include <algorithm>

namespace mex::cluster {

void ObservationAges::report(const std::string& cluster_id, const Seen& seen) {
  const base::MutexLock lock(mutex_);
  by_cluster_[cluster_id] = seen;
}

void ObservationAges::forget(const std::string& cluster_id) {
  const base::MutexLock lock(mutex_);
  by_cluster_.erase(cluster_id);
}

ObservationAges::Oldest ObservationAges::oldest(base::SteadyTime now) const {
  const auto age = [&](const std::optional<base::SteadyTime>& seen) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(now - seen.value_or(now));
  };
  const base::MutexLock lock(mutex_);
  Oldest oldest;
  for (const auto& [id, seen] : by_cluster_) {
    oldest.servers = std::max(oldest.servers, age(seen.servers));
    oldest.api_servers = std::max(oldest.api_servers, age(seen.api_server));
    if (seen.is_silent) ++oldest.silent_api_servers;
  }
  return oldest;
}

}  // namespace mex::cluster
