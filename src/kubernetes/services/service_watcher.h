#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "http_client/async_client.h"
#include "kubernetes/client.h"
#include "kubernetes/services/object_feed.h"
#include "kubernetes/services/service_source.h"
#include "kubernetes/services/service_view.h"
#include "kubernetes/services/task_loop.h"

namespace mex::kubernetes {

class ClusterServices;

// A cluster as the agent's host reaches it.
struct ServiceCluster {
  std::string id;  // another one if it was built again under the same name
  ClientOptions api;
  std::function<Reach(const std::string& address)> reach;
};

// Follows services of any number of clusters with two threads: one for all connections, one that
// reads what comes. There is one watch for a service, however many follow it, and one of a
// cluster's nodes if some service there needs node ports. Thread-safe.
class ServiceWatcher final : public ServiceSource {
 public:
  struct Options {
    // May take locks, but does not wait for a cluster. NotFound: the agent itself knows that there
    // is no such cluster, so what was known of its services is void. Other errors: it cannot be
    // reached yet, or now.
    std::function<absl::StatusOr<ServiceCluster>(const std::string& tenant,
                                                 const std::string& cluster)>
        find_cluster;
    ObjectFeed::Limits limits{};
    // How often clusters are looked up, whatever is said by clusters_changed().
    std::chrono::milliseconds lookup_interval = std::chrono::seconds(30);
    // Of one service, what changes within it is one change.
    std::chrono::milliseconds min_change_interval = std::chrono::milliseconds(100);
    std::size_t max_requests = 8192;
  };

  explicit ServiceWatcher(Options options);
  ServiceWatcher(const ServiceWatcher&) = delete;
  ServiceWatcher& operator=(const ServiceWatcher&) = delete;
  ~ServiceWatcher() override;

  std::unique_ptr<Subscription> follow(const ServiceReference& reference,
                                       OnChange on_change) override;

  // Clusters have come or gone, or are reached another way.
  void clusters_changed();

  // Waits until no service is Waiting. False if that takes longer.
  bool wait_until_read(base::SteadyTime deadline);

  // No one is called any more. May be called twice.
  void stop();

 private:
  friend class ClusterServices;
  class Follower;
  using ClusterName = std::pair<std::string, std::string>;  // tenant, name

  struct Followed {
    ServiceEndpoints endpoints{};
    std::uint64_t revision = 0;
    std::map<std::uint64_t, std::shared_ptr<const OnChange>> followers{};
  };

  void unfollow(const ServiceReference& reference, std::uint64_t follower);
  // On the loop.
  void add(const ServiceReference& reference);
  void remove_unfollowed(const ServiceReference& reference);
  void look_up_all();
  void publish(const ServiceReference& reference, const ServiceEndpoints& endpoints);

  const Options options_;
  base::Mutex mutex_;  // a leaf
  base::CondVar changed_;
  std::map<ServiceReference, Followed> followed_ ABSL_GUARDED_BY(mutex_);
  std::uint64_t last_number_ ABSL_GUARDED_BY(mutex_) = 0;
  // Of the loop's thread.
  std::map<ClusterName, std::unique_ptr<ClusterServices>> clusters_;
  http_client::AsyncClient transport_;
  TaskLoop loop_;
};

}  // namespace mex::kubernetes
