#include "kubernetes/services/cluster_services.h"

#include <algorithm>

#include "base/status.h"

namespace mex::kubernetes {
namespace {

using State = ServiceEndpoints::State;

bool is_same_api(const ClientOptions& a, const ClientOptions& b) {
  return a.servers == b.servers && a.server_name == b.server_name &&
         a.ca_certificate_pem == b.ca_certificate_pem &&
         a.identity.certificate_pem == b.identity.certificate_pem;
}

ServiceEndpoints without_addresses(State state, std::string reason) {
  return {state, std::move(reason), {}};
}

std::string text(const absl::Status& status) { return std::string(base::message_of(status)); }

}  // namespace

struct ClusterServices::Watched {
  Watched(const ServiceReference& followed, const ObjectFeed::Limits& limits)
      : service(followed.name_space, followed.service, limits),
        slices(followed.name_space, followed.service, limits),
        reference(followed) {}

  ServiceFeed service;
  SliceFeed slices;
  std::shared_ptr<FeedRunner> service_runner;
  std::shared_ptr<FeedRunner> slice_runner;
  std::map<std::string, ServiceEndpoints> by_port;  // as they were published last
  ServiceReference reference;                       // without its port
  base::SteadyTime updated_at{};
  bool is_update_due = false;
};

struct ClusterServices::Nodes {
  explicit Nodes(const ObjectFeed::Limits& limits) : feed(limits) {}
  NodeFeed feed;
  std::shared_ptr<FeedRunner> runner;
};

ClusterServices::ClusterServices(ServiceWatcher& watcher, std::string tenant, std::string name)
    : watcher_(watcher), tenant_(std::move(tenant)), name_(std::move(name)) {}

ClusterServices::~ClusterServices() = default;

void ClusterServices::add(const ServiceReference& reference) {
  auto& watched = services_[{reference.name_space, reference.service}];
  if (watched == nullptr) {
    watched = std::make_shared<Watched>(reference, watcher_.options_.limits);
    const auto on_change = [this, weak = std::weak_ptr(watched)] {
      if (const auto held = weak.lock()) update_soon(*held);
    };
    watched->service_runner = std::make_shared<FeedRunner>(watched->service, watcher_.loop_,
                                                           watcher_.transport_, on_change);
    watched->slice_runner = std::make_shared<FeedRunner>(watched->slices, watcher_.loop_,
                                                         watcher_.transport_, on_change);
    if (client_ != nullptr) {
      watched->service_runner->use(client_);
      watched->slice_runner->use(client_);
    }
  }
  watched->by_port.try_emplace(reference.port);
  update(*watched);
}

void ClusterServices::remove(const ServiceReference& reference) {
  const auto found = services_.find({reference.name_space, reference.service});
  if (found == services_.end()) return;
  found->second->by_port.erase(reference.port);
  if (found->second->by_port.empty()) services_.erase(found);
}

void ClusterServices::look_up() {
  auto cluster = watcher_.options_.find_cluster(tenant_, name_);
  status_ = cluster.status();
  if (cluster.ok()) {
    use(*cluster);
  } else {
    if (absl::IsNotFound(status_)) forget();
    use_client(nullptr);
  }
  update_all();
}

void ClusterServices::use(const ServiceCluster& cluster) {
  // Another cluster of the same name has nothing of the one before.
  if (cluster_ && cluster_->id != cluster.id) forget();
  const bool is_same = client_ != nullptr && cluster_ && is_same_api(cluster_->api, cluster.api);
  cluster_ = cluster;
  if (!is_same) use_client(std::make_shared<Client>(cluster.api));
}

void ClusterServices::use_client(std::shared_ptr<Client> client) {
  if (client == nullptr && client_ == nullptr) return;
  client_ = std::move(client);
  for (const auto& [name, watched] : services_) {
    watched->service_runner->use(client_);
    watched->slice_runner->use(client_);
  }
  if (nodes_ != nullptr) nodes_->runner->use(client_);
}

void ClusterServices::forget() {
  for (const auto& [name, watched] : services_) {
    watched->service.reset();
    watched->slices.reset();
  }
  nodes_.reset();
  cluster_.reset();
  client_.reset();
}

void ClusterServices::follow_nodes() {
  if (nodes_ != nullptr) return;
  nodes_ = std::make_shared<Nodes>(watcher_.options_.limits);
  nodes_->runner = std::make_shared<FeedRunner>(nodes_->feed, watcher_.loop_, watcher_.transport_,
                                                [this, weak = std::weak_ptr(nodes_)] {
                                                  if (!weak.expired()) update_all();
                                                });
  if (client_ != nullptr) nodes_->runner->use(client_);
}

void ClusterServices::update_all() {
  for (const auto& [name, watched] : services_) update_soon(*watched);
}

void ClusterServices::update_soon(Watched& watched) {
  if (watched.is_update_due) return;
  const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(
      base::system_clock().steady_now() - watched.updated_at);
  const auto pause = watcher_.options_.min_change_interval - since;
  if (pause.count() <= 0) return update(watched);
  watched.is_update_due = true;
  const auto& held = services_.at({watched.reference.name_space, watched.reference.service});
  watcher_.loop_.call_after(pause, [this, weak = std::weak_ptr(held)] {
    if (const auto due = weak.lock()) update(*due);
  });
}

void ClusterServices::update(Watched& watched) {
  watched.is_update_due = false;
  watched.updated_at = base::system_clock().steady_now();
  for (auto& [port, published] : watched.by_port) {
    published = endpoints_of(watched, port);
    ServiceReference reference = watched.reference;
    reference.port = port;
    watcher_.publish(reference, published);
  }
}

// OK if all that is known is as the API server has it now.
absl::Status ClusterServices::trouble_of(const Watched& watched, bool needs_nodes) const {
  if (!status_.ok()) return status_;
  if (!watched.service.status().ok()) return watched.service.status();
  if (!watched.slices.status().ok()) return watched.slices.status();
  if (needs_nodes && nodes_ != nullptr) return nodes_->feed.status();
  return absl::OkStatus();
}

ServiceEndpoints ClusterServices::endpoints_of(const Watched& watched, const std::string& port) {
  if (absl::IsNotFound(status_)) return without_addresses(State::Unavailable, text(status_));
  const bool is_read = watched.service.has_list() && watched.slices.has_list();
  if (!is_read) {
    // What has a list may have a watch that failed, while the other one is still asked for the
    // first time.
    const auto is_expected = [](const auto& feed) { return feed.has_list() || !feed.has_failed(); };
    const bool is_waiting =
        status_.ok() && is_expected(watched.service) && is_expected(watched.slices);
    if (is_waiting) return {};
    return without_addresses(State::Unavailable, text(trouble_of(watched, false)));
  }
  const std::vector<EndpointSlice> slices = watched.slices.slices();
  const bool has_nodes = nodes_ != nullptr && nodes_->feed.has_list();
  ServiceView view = view_service({.service = watched.service.service(),
                                   .slices = slices,
                                   .nodes = has_nodes ? &nodes_->feed.nodes() : nullptr},
                                  port, cluster_->reach);
  ServiceEndpoints& now = view.endpoints;
  const ServiceEndpoints& before = watched.by_port.at(port);
  if (view.needs_nodes) {
    follow_nodes();
    const bool is_waiting = !nodes_->feed.has_list() && !nodes_->feed.has_failed();
    if (is_waiting && !before.addresses.empty()) return before;
    if (is_waiting) return {};
  }
  const absl::Status trouble = trouble_of(watched, nodes_ != nullptr);
  if (trouble.ok()) return now;
  if (now.state == State::Current) {
    now.state = State::Stale;
    now.reason = text(trouble);
  } else {
    now.reason += "; " + text(trouble);
  }
  return now;
}

}  // namespace mex::kubernetes
