#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "kubernetes/services/feed_runner.h"
#include "kubernetes/services/service_feeds.h"
#include "kubernetes/services/service_watcher.h"

namespace mex::kubernetes {

// The services of one cluster that are followed, and its nodes. Of the watcher's loop.
class ClusterServices {
 public:
  ClusterServices(ServiceWatcher& watcher, std::string tenant, std::string name);
  ClusterServices(const ClusterServices&) = delete;
  ClusterServices& operator=(const ClusterServices&) = delete;
  ~ClusterServices();

  void add(const ServiceReference& reference);
  void remove(const ServiceReference& reference);
  bool empty() const { return services_.empty(); }

  // How it is reached may have changed.
  void look_up();

 private:
  struct Watched;
  using ServiceName = std::pair<std::string, std::string>;  // namespace, name
  struct Nodes;

  void use(const ServiceCluster& cluster);
  void use_client(std::shared_ptr<Client> client);
  void forget();
  void follow_nodes();
  void update_all();
  void update_soon(Watched& watched);
  void update(Watched& watched);
  ServiceEndpoints endpoints_of(const Watched& watched, const std::string& port);
  absl::Status trouble_of(const Watched& watched, bool needs_nodes) const;

  ServiceWatcher& watcher_;
  const std::string tenant_;
  const std::string name_;
  absl::Status status_;  // of the last look-up
  std::optional<ServiceCluster> cluster_;
  std::shared_ptr<Client> client_;
  std::map<ServiceName, std::shared_ptr<Watched>> services_;
  std::shared_ptr<Nodes> nodes_;  // null: no one needs them
};

}  // namespace mex::kubernetes
