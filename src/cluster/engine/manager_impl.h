#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cluster/engine/cluster_engine.h"
#include "cluster/engine/manager.h"
#include "cluster/engine/manager_context.h"
#include "cluster/engine/orphan_collector.h"
#include "cluster/engine/server_watch.h"
#include "cluster/spec/admission.h"

namespace mex::cluster {

// Behind the door: every cluster's engine, and what they share.
class Manager::Impl {
 public:
  using Engine = std::shared_ptr<ClusterEngine>;

  Impl(ManagerContext setup, AddressPool pool, std::unique_ptr<FlavorCatalog> flavors,
       std::string agent_id)
      : setup_(std::move(setup)),
        pool_(pool),
        flavors_(std::move(flavors)),
        history_(setup_.history),
        timer_(*setup_.clock),
        threads_(setup_.threads),
        kubernetes_threads_(setup_.kubernetes_threads),
        context_{.store = *setup_.store,
                 .clock = *setup_.clock,
                 .cloud = setup_.cloud.get(),
                 .cloud_problem = setup_.cloud_problem,
                 .pool = threads_,
                 .kubernetes_pool = kubernetes_threads_,
                 .timer = timer_,
                 .history = history_,
                 .platform = setup_.platform,
                 .agent_id = std::move(agent_id),
                 .fqdn = setup_.fqdn,
                 .proxy_port = setup_.proxy_port,
                 .timing = setup_.timing,
                 .events = setup_.events,
                 .request_sweep = [this] { request_sweep(); },
                 .reach_changed = [this] { want_publishing(); },
                 .forget = [this](const std::string& id) { forget(id); }} {
    if (setup_.cloud != nullptr) {
      watch_.emplace(*setup_.cloud, context_.agent_id, threads_, timer_, *setup_.clock,
                     setup_.timing, [this] { return engines(); });
      orphans_.emplace(*setup_.cloud, *setup_.store, context_.agent_id, threads_, timer_,
                       *setup_.clock, setup_.timing);
    }
  }

  absl::Status load();
  absl::StatusOr<std::vector<RequestResult>> create(const std::vector<ClusterRequest>& requests);
  absl::StatusOr<std::vector<RequestResult>> destroy(const std::vector<ClusterRequest>& requests);
  absl::StatusOr<RequestResult> scale(std::string_view tenant, std::string_view name,
                                      std::string_view pool, int count);
  absl::StatusOr<RequestResult> replace(std::string_view tenant, std::string_view name,
                                        std::string_view slot);

  std::vector<Engine> engines() const {
    const std::lock_guard lock(mutex_);
    std::vector<Engine> all;
    all.reserve(by_name_.size());
    for (const auto& [name, engine] : by_name_) all.push_back(engine);
    return all;
  }

  Engine find(std::string_view tenant, std::string_view name) const {
    const std::lock_guard lock(mutex_);
    return find_locked(tenant, name);
  }

  std::vector<OperationView> operations() const;
  std::optional<OperationView> operation(std::string_view id) const;

  FlavorCatalog& flavors() { return *flavors_; }
  absl::Status delete_flavor(std::string_view name);

  absl::Status cloud_configured() const {
    return setup_.cloud == nullptr ? setup_.cloud_problem : absl::OkStatus();
  }

  void stop() {
    timer_.stop();
    kubernetes_threads_.stop();
    threads_.stop();
  }

 private:
  using TenantAndName = std::pair<std::string, std::string>;
  using SharedSecrets = std::shared_ptr<const ClusterSecrets>;

  // How one wish of a list is to be met.
  struct Decision {
    RequestResult answer;
    std::optional<NewOperation> beginning;  // what has to be stored and started
    SharedSecrets secrets;                  // of a new managed cluster
    Engine failed;  // the cluster it is another attempt at; null for a new one
  };

  // A destroyed cluster stays in by_name_ for a moment, until its engine says forget().
  Engine find_locked(std::string_view tenant, std::string_view name) const {
    const auto found = by_name_.find({std::string(tenant), std::string(name)});
    return found == by_name_.end() || found->second->is_destroyed() ? nullptr : found->second;
  }

  void request_sweep() {
    if (watch_) watch_->want();
  }
  absl::StatusOr<RequestResult> change(std::string_view tenant, std::string_view name,
                                       OperationKind kind, std::string subject,
                                       const ClusterEngine::Edit& edit) const;
  void want_publishing();
  void publish_reach();
  void forget(const std::string& cluster_id);
  absl::Status take_over(ClusterRecord cluster, std::map<std::string, OperationRecord>& operations);
  absl::StatusOr<Decision> decide(const ClusterRequest& request, const std::string& prefix,
                                  const FlavorSet& flavors, std::set<std::string>& taken,
                                  SharedSecrets secrets) const;
  absl::StatusOr<Decision> decide_existing(const Engine& engine, const ClusterRequest& request,
                                           const FlavorSet& flavors,
                                           const std::string& prefix) const;
  absl::StatusOr<Decision> begin_new(ClusterSpec spec, SharedSecrets secrets) const;
  std::vector<SharedSecrets> make_secrets(const std::vector<ClusterRequest>& requests) const;
  std::set<std::string> taken_addresses() const;
  AdmissionRules rules(const FlavorSet& flavors) const {
    static const std::string none;
    const std::string& region =
        setup_.cloud == nullptr ? none : setup_.cloud->session.config().region;
    return {.platform = setup_.platform, .pool = pool_, .flavors = flavors, .region = region};
  }

  const ManagerContext setup_;
  const AddressPool pool_;
  const std::unique_ptr<FlavorCatalog> flavors_;
  OperationHistory history_;
  Timer timer_;
  base::ThreadPool threads_;
  base::ThreadPool kubernetes_threads_;
  EngineContext context_;
  std::optional<ServerWatch> watch_;
  std::optional<OrphanCollector> orphans_;
  // Guards by_name_, lets one wish begin an operation at a time, and keeps a flavor from being
  // deleted while a cluster is made from it. Never taken by an engine that holds its own mutex.
  mutable std::mutex mutex_;
  std::map<TenantAndName, Engine> by_name_;
  std::atomic<bool> is_publishing_wanted_ = false;
  std::mutex publish_mutex_;  // one publishing at a time; taken before mutex_
};

}  // namespace mex::cluster
