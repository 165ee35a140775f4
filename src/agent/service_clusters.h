#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "kubernetes/services/service_watcher.h"
#include "routing/kernel_routes.h"
#include "routing/pod_reach.h"

namespace mex::cluster {
class Manager;
}

namespace mex::agent {

// The agent's clusters, as services in them are followed. Thread-safe.
class ServiceClusters {
 public:
  ServiceClusters();
  ServiceClusters(const ServiceClusters&) = delete;
  ServiceClusters& operator=(const ServiceClusters&) = delete;

  // Until then there is no saying which clusters there are. `manager` outlives the last find().
  void use(const cluster::Manager& manager);

  // As kubernetes::ServiceWatcher asks.
  absl::StatusOr<kubernetes::ServiceCluster> find(const std::string& tenant,
                                                  const std::string& name);

 private:
  std::shared_ptr<const routing::RouteLookup> routes();

  base::Mutex mutex_;
  const cluster::Manager* manager_ ABSL_GUARDED_BY(mutex_) = nullptr;
  // Null: the kernel's routes cannot be read.
  std::unique_ptr<routing::KernelRoutes> kernel_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<const routing::RouteLookup> routes_ ABSL_GUARDED_BY(mutex_);
  base::SteadyTime read_at_ ABSL_GUARDED_BY(mutex_){};
};

}  // namespace mex::agent
