#include "agent/service_clusters.h"

#include <chrono>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/status.h"
#include "cluster/engine/manager.h"

namespace mex::agent {
namespace {

// Of the kernel's routes: many services ask at once.
constexpr std::chrono::seconds kMaxAge{1};

}  // namespace

ServiceClusters::ServiceClusters() {
  auto kernel = routing::KernelRoutes::open();
  if (!kernel.ok()) {
    log::warning("pods of clusters are not reached without node ports",
                 {{"reason", kernel.status()}});
    return;
  }
  const base::MutexLock lock(mutex_);
  kernel_ = *std::move(kernel);
}

void ServiceClusters::use(const cluster::Manager& manager) {
  const base::MutexLock lock(mutex_);
  manager_ = &manager;
}

std::shared_ptr<const routing::RouteLookup> ServiceClusters::routes() {
  const base::MutexLock lock(mutex_);
  const base::SteadyTime now = base::system_clock().steady_now();
  if (routes_ != nullptr && now - read_at_ < kMaxAge) return routes_;
  std::vector<routing::KernelRoute> routes;
  if (kernel_ != nullptr) routes = kernel_->list().value_or(std::vector<routing::KernelRoute>());
  routes_ = std::make_shared<const routing::RouteLookup>(routes);
  read_at_ = now;
  return routes_;
}

absl::StatusOr<kubernetes::ServiceCluster> ServiceClusters::find(const std::string& tenant,
                                                                 const std::string& name) {
  const cluster::Manager* manager = nullptr;
  {
    const base::MutexLock lock(mutex_);
    manager = manager_;
  }
  if (manager == nullptr) return absl::UnavailableError("the agent's clusters are not read yet");
  MEX_ASSIGN_OR_RETURN(cluster::ApiServerLogin login, manager->api_server_login(tenant, name));
  kubernetes::ServiceCluster found;
  found.id = std::move(login.cluster_id);
  for (const std::string& master : login.masters) {
    found.api.servers.push_back(fmt::format("https://{}:{}", master, login.port));
  }
  found.api.server_name = std::move(login.server_name);
  found.api.ca_certificate_pem = std::move(login.ca_certificate_pem);
  found.api.identity = std::move(login.identity);
  found.api.prefer_http2 = true;
  found.reach = [this, networks = routing::ClusterNetworks{
                           .pod_network = std::move(login.pod_network),
                           .node_subnet = std::move(login.node_subnet),
                           .node_addresses = std::move(login.node_addresses),
                           .gateway = std::move(login.gateway)}](const std::string& address) {
    return routing::reach_of(address, networks, *routes());
  };
  return found;
}

}  // namespace mex::agent
