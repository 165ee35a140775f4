#include "cluster/engine/manager.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/log.h"
#include "base/status.h"
#include "cluster/engine/manager_impl.h"
#include "cluster/records/journal.h"
#include "cluster/records/sealed_secrets.h"

namespace mex::cluster {
namespace {

void sort_newest_first(std::vector<OperationView>& operations) {
  std::sort(operations.begin(), operations.end(),
            [](const OperationView& a, const OperationView& b) {
              return std::tie(b.created, a.id) < std::tie(a.created, b.id);
            });
}

}  // namespace

absl::Status Manager::Impl::load() {
  MEX_ASSIGN_OR_RETURN(Journal journal, load_journal(*setup_.store));
  std::map<std::string, OperationRecord> operations;
  for (OperationRecord& operation : journal.operations) {
    operations[operation.id] = std::move(operation);
  }
  for (ClusterRecord& cluster : journal.clusters) {
    MEX_RETURN_IF_ERROR(take_over(std::move(cluster), operations));
  }
  // What is left belongs to the past, oldest first.
  std::vector<OperationRecord> past;
  for (auto& [id, operation] : operations) past.push_back(std::move(operation));
  std::sort(past.begin(), past.end(),
            [](const auto& a, const auto& b) { return a.created < b.created; });
  for (OperationRecord& operation : past) history_.add(std::move(operation));
  publish_reach();
  for (const Engine& engine : engines()) engine->start();
  request_sweep();
  if (orphans_) orphans_->run_reconciler(std::chrono::milliseconds(0));
  return absl::OkStatus();
}

// Moves the cluster's current operation out of `operations`, and ends one that the current one
// superseded while the process died.
absl::Status Manager::Impl::take_over(ClusterRecord cluster,
                                      std::map<std::string, OperationRecord>& operations) {
  for (auto& [id, operation] : operations) {
    if (operation.cluster_id != cluster.id || id == cluster.operation_id || has_ended(operation)) {
      continue;
    }
    operation.state = OperationState::Cancelled;
    operation.ended = setup_.clock->wall_now();
    const bool has_open_call =
        std::any_of(operation.steps.begin(), operation.steps.end(),
                    [](const StepView& step) { return step.outcome_unknown; });
    if (has_open_call) {
      cluster.unknown_until = setup_.clock->wall_now() + setup_.timing.late_answers;
    }
  }
  const auto found = operations.find(cluster.operation_id);
  if (found == operations.end()) {
    return base::error(absl::StatusCode::kDataLoss,
                       "store: the cluster {} names the operation {}, which is not there",
                       cluster.id, cluster.operation_id);
  }
  ClusterEngine::Secrets secrets = nullptr;
  if (cluster.spec.is_managed()) {
    secrets = load_secrets(*setup_.store, *setup_.sealer, cluster.id);
    if (!secrets.ok()) {
      log::error("the keys of a cluster cannot be had: it can only be destroyed",
                 {{"cluster", cluster.spec.name},
                  {"tenant", cluster.spec.tenant},
                  {"reason", secrets.status()}});
    }
  }
  OperationRecord current = std::move(found->second);
  operations.erase(found);
  TenantAndName name{cluster.spec.tenant, cluster.spec.name};
  const std::lock_guard lock(mutex_);
  by_name_[std::move(name)] = std::make_shared<ClusterEngine>(
      context_, std::move(cluster), std::move(current), std::move(secrets));
  return absl::OkStatus();
}

void Manager::Impl::forget(const std::string& cluster_id) {
  if (orphans_) orphans_->run_reconciler(setup_.timing.leftovers_first);
  const std::lock_guard lock(mutex_);
  for (auto entry = by_name_.begin(); entry != by_name_.end(); ++entry) {
    if (entry->second->id() != cluster_id) continue;
    by_name_.erase(entry);
    break;
  }
  want_publishing();
}

// One publishing is enough for all wishes that come before it begins.
void Manager::Impl::want_publishing() {
  if (is_publishing_wanted_.exchange(true)) return;
  threads_.submit([this](const auto&) { publish_reach(); });
}

void Manager::Impl::publish_reach() {
  if (!setup_.publish_reach) return;
  const std::lock_guard lock(publish_mutex_);
  is_publishing_wanted_ = false;
  std::vector<ClusterEndpoints> all;
  for (const Engine& engine : engines()) {
    if (auto reach = engine->reach()) all.push_back(*std::move(reach));
  }
  setup_.publish_reach(all);
}

absl::Status Manager::Impl::delete_flavor(std::string_view name) {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> users;
  for (const auto& [tenant_and_name, engine] : by_name_) {
    if (engine->is_destroyed() || engine->record().spec.flavor.name != name) continue;
    users.push_back(fmt::format("{}/{}", tenant_and_name.first, tenant_and_name.second));
  }
  return flavors_->remove(name, users);
}

std::vector<OperationView> Manager::Impl::operations() const {
  std::vector<OperationView> operations;
  std::set<std::string> seen;
  const auto add_new = [&](OperationView operation) {
    if (seen.insert(operation.id).second) operations.push_back(std::move(operation));
  };
  for (const Engine& engine : engines()) {
    for (OperationView& operation : engine->operations()) add_new(std::move(operation));
  }
  for (OperationRecord& operation : history_.all()) add_new(std::move(operation));
  sort_newest_first(operations);
  return operations;
}

std::optional<OperationView> Manager::Impl::operation(std::string_view id) const {
  for (const Engine& engine : engines()) {
    for (OperationView& operation : engine->operations()) {
      if (operation.id == id) return std::move(operation);
    }
  }
  // After the engines: an operation that ends goes from there to the history, never back.
  return history_.find(id);
}

Manager::Manager(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Manager::~Manager() { stop(); }

absl::StatusOr<std::unique_ptr<Manager>> Manager::open(ManagerContext setup) {
  MEX_ASSIGN_OR_RETURN(const AddressPool pool, AddressPool::parse(setup.platform.address_pool));
  MEX_ASSIGN_OR_RETURN(std::string agent_id, load_agent_id(*setup.store));
  MEX_ASSIGN_OR_RETURN(auto flavors, FlavorCatalog::open(*setup.store, *setup.clock, pool));
  auto impl =
      std::make_unique<Impl>(std::move(setup), pool, std::move(flavors), std::move(agent_id));
  const absl::Status loaded = impl->load();
  if (!loaded.ok()) {
    impl->stop();
    return loaded;
  }
  return std::unique_ptr<Manager>(new Manager(std::move(impl)));
}

absl::StatusOr<std::vector<RequestResult>> Manager::create(
    const std::vector<ClusterRequest>& requests) {
  return impl_->create(requests);
}

absl::StatusOr<std::vector<RequestResult>> Manager::destroy(
    const std::vector<ClusterRequest>& requests) {
  return impl_->destroy(requests);
}

std::vector<ClusterView> Manager::clusters(std::string_view tenant) const {
  std::vector<ClusterView> views;
  for (const auto& engine : impl_->engines()) {
    if (engine->is_destroyed()) continue;
    ClusterView view = engine->view();
    if (tenant.empty() || view.tenant == tenant) views.push_back(std::move(view));
  }
  return views;
}

absl::StatusOr<ClusterView> Manager::cluster(std::string_view tenant, std::string_view name) const {
  if (const auto engine = impl_->find(tenant, name)) return engine->view();
  return base::error(absl::StatusCode::kNotFound, "there is no cluster {} of tenant {}", name,
                     tenant);
}

absl::StatusOr<RequestResult> Manager::scale(std::string_view tenant, std::string_view name,
                                             std::string_view pool, int count) {
  return impl_->scale(tenant, name, pool, count);
}

absl::StatusOr<RequestResult> Manager::replace(std::string_view tenant, std::string_view name,
                                               std::string_view slot) {
  return impl_->replace(tenant, name, slot);
}

absl::StatusOr<base::Secret> Manager::kubeconfig(std::string_view tenant,
                                                 std::string_view name) const {
  if (const auto engine = impl_->find(tenant, name)) return engine->kubeconfig();
  return base::error(absl::StatusCode::kNotFound, "there is no cluster {} of tenant {}", name,
                     tenant);
}

absl::StatusOr<ApiServerLogin> Manager::api_server_login(std::string_view tenant,
                                                         std::string_view name) const {
  if (const auto engine = impl_->find(tenant, name)) return engine->api_server_login();
  return base::error(absl::StatusCode::kNotFound, "there is no cluster {} of tenant {}", name,
                     tenant);
}

std::vector<OperationView> Manager::operations() const { return impl_->operations(); }

absl::StatusOr<OperationView> Manager::operation(std::string_view id) const {
  if (auto operation = impl_->operation(id)) return *std::move(operation);
  return base::error(absl::StatusCode::kNotFound, "there is no operation {}", id);
}

FlavorCatalog& Manager::flavors() { return impl_->flavors(); }
const FlavorCatalog& Manager::flavors() const { return impl_->flavors(); }

absl::Status Manager::delete_flavor(std::string_view name) { return impl_->delete_flavor(name); }

absl::Status Manager::cloud_configured() const { return impl_->cloud_configured(); }

void Manager::stop() { impl_->stop(); }

}  // namespace mex::cluster
