#include "kubernetes/services/service_watcher.h"

#include <algorithm>
#include <vector>

#include "base/log.h"
#include "kubernetes/services/cluster_services.h"

namespace mex::kubernetes {
namespace {

std::string to_string(const ServiceReference& service) {
  return fmt::format("{}/{}/{}/{}{}{}", service.tenant, service.cluster, service.name_space,
                     service.service, service.port.empty() ? "" : ":", service.port);
}

std::string_view to_string(ServiceEndpoints::State state) {
  switch (state) {
    case ServiceEndpoints::State::Waiting:
      return "waiting";
    case ServiceEndpoints::State::Current:
      return "current";
    case ServiceEndpoints::State::Stale:
      return "stale";
    case ServiceEndpoints::State::Unavailable:
      break;
  }
  return "unavailable";
}

}  // namespace

class ServiceWatcher::Follower final : public Subscription {
 public:
  Follower(ServiceWatcher& watcher, ServiceReference reference, std::uint64_t number)
      : watcher_(watcher), reference_(std::move(reference)), number_(number) {}
  ~Follower() override { watcher_.unfollow(reference_, number_); }

 private:
  ServiceWatcher& watcher_;
  const ServiceReference reference_;
  const std::uint64_t number_;
};

ServiceWatcher::ServiceWatcher(Options options)
    : options_(std::move(options)),
      transport_({.transfers = options_.max_requests, .idle_connections = 64}) {
  loop_.call_after(options_.lookup_interval, [this] { look_up_all(); });
}

ServiceWatcher::~ServiceWatcher() { stop(); }

void ServiceWatcher::stop() {
  // Answers go to the loop, and the loop sends requests: neither waits for the other.
  loop_.stop();
  transport_.stop();
  clusters_.clear();
}

std::unique_ptr<ServiceSource::Subscription> ServiceWatcher::follow(
    const ServiceReference& reference, OnChange on_change) {
  const auto listener = std::make_shared<const OnChange>(std::move(on_change));
  std::uint64_t number = 0;
  std::uint64_t revision = 0;
  ServiceEndpoints endpoints;
  {
    const base::MutexLock lock(mutex_);
    Followed& followed = followed_[reference];
    number = ++last_number_;
    followed.followers.emplace(number, listener);
    endpoints = followed.endpoints;
    revision = followed.revision;
  }
  (*listener)(endpoints, revision);
  loop_.post([this, reference] { add(reference); });
  return std::make_unique<Follower>(*this, reference, number);
}

void ServiceWatcher::unfollow(const ServiceReference& reference, std::uint64_t follower) {
  {
    const base::MutexLock lock(mutex_);
    const auto found = followed_.find(reference);
    if (found == followed_.end() || found->second.followers.erase(follower) == 0) return;
    if (!found->second.followers.empty()) return;
    followed_.erase(found);
  }
  changed_.notify_all();
  loop_.post([this, reference] { remove_unfollowed(reference); });
}

void ServiceWatcher::add(const ServiceReference& reference) {
  {
    const base::MutexLock lock(mutex_);
    if (!followed_.contains(reference)) return;
  }
  auto& cluster = clusters_[{reference.tenant, reference.cluster}];
  if (cluster == nullptr) {
    cluster = std::make_unique<ClusterServices>(*this, reference.tenant, reference.cluster);
    cluster->look_up();
  }
  cluster->add(reference);
}

void ServiceWatcher::remove_unfollowed(const ServiceReference& reference) {
  {
    const base::MutexLock lock(mutex_);
    if (followed_.contains(reference)) return;  // again
  }
  const auto cluster = clusters_.find({reference.tenant, reference.cluster});
  if (cluster == clusters_.end()) return;
  cluster->second->remove(reference);
  if (cluster->second->empty()) clusters_.erase(cluster);
}

void ServiceWatcher::clusters_changed() {
  loop_.post([this] {
    for (const auto& [name, cluster] : clusters_) cluster->look_up();
  });
}

void ServiceWatcher::look_up_all() {
  for (const auto& [name, cluster] : clusters_) cluster->look_up();
  loop_.call_after(options_.lookup_interval, [this] { look_up_all(); });
}

void ServiceWatcher::publish(const ServiceReference& reference, const ServiceEndpoints& endpoints) {
  std::vector<std::shared_ptr<const OnChange>> listeners;
  std::uint64_t revision = 0;
  bool is_other_state = false;
  {
    const base::MutexLock lock(mutex_);
    const auto found = followed_.find(reference);
    if (found == followed_.end() || found->second.endpoints == endpoints) return;
    is_other_state = found->second.endpoints.state != endpoints.state;
    found->second.endpoints = endpoints;
    revision = found->second.revision = ++last_number_;
    for (const auto& [number, listener] : found->second.followers) listeners.push_back(listener);
  }
  changed_.notify_all();
  if (is_other_state) {
    log::info("service of a cluster", {{"service", to_string(reference)},
                                       {"state", to_string(endpoints.state)},
                                       {"endpoints", endpoints.addresses.size()},
                                       {"reason", endpoints.reason}});
  }
  for (const auto& listener : listeners) (*listener)(endpoints, revision);
}

bool ServiceWatcher::wait_until_read(base::SteadyTime deadline) {
  base::MutexLock lock(mutex_);
  return changed_.wait_until(lock, deadline, [this] {
    mutex_.assert_held();
    return std::none_of(followed_.begin(), followed_.end(), [](const auto& each) {
      return each.second.endpoints.state == ServiceEndpoints::State::Waiting;
    });
  });
}

}  // namespace mex::kubernetes
