#include "cluster/health/observation.h"

namespace mex::cluster {

const ObservedServer* find_observed(const Observation& observation, const ClusterRecord& cluster,
                                    const std::string& slot) {
  const auto id = cluster.resources.find({ResourceKind::Server, slot});
  if (id == cluster.resources.end()) return nullptr;
  const auto server = observation.servers.find(id->second);
  return server == observation.servers.end() ? nullptr : &server->second;
}

}  // namespace mex::cluster
