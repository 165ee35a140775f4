#include "cluster/engine/manager.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <tuple>
#include <utility>

#include "base/ipv4.h"
#include "base/status.h"
#include "cluster/audit/audit_resources.h"
#include "cluster/engine/change_requests.h"
#include "cluster/engine/cluster_engine.h"
#include "cluster/engine/cluster_registry.h"
#include "cluster/engine/create_requests.h"
#include "cluster/engine/endpoint_publisher.h"
#include "cluster/engine/stored_clusters.h"
#include "cluster/observation/server_watch.h"
#include "cluster/records/journal.h"
#include "cluster/records/sealed_secrets.h"
#include "cluster/spec/admission.h"

namespace mex::cluster {
namespace {

// Between the first looks at two API servers, so that a process that starts with a thousand of them
// does not make all its handshakes at once.
constexpr std::chrono::milliseconds kBetweenStarts{10};

void sort_newest_first(std::vector<OperationView>& operations) {
  std::sort(operations.begin(), operations.end(),
            [](const OperationView& a, const OperationView& b) {
              return std::tie(b.created, a.id) < std::tie(a.created, b.id);
            });
}

absl::StatusOr<AuditedClusters> audited_clusters(const ClusterRegistry& registry,
                                                 store::Store& store) {
  AuditedClusters clusters;
  clusters.known = unreadable_clusters(store);
  MEX_ASSIGN_OR_RETURN(const auto destroyed, load_destroyed(store));
  for (const DestroyedCluster& each : destroyed) clusters.known.insert(each.cluster.id);
  for (const auto& engine : registry.all()) {
    clusters.known.insert(engine->id());
    clusters.audited.push_back(engine);
  }
  return clusters;
}

std::vector<ClusterEndpoints> endpoints_in(const ClusterRegistry& registry,
                                           const store::Store& store) {
  std::vector<ClusterEndpoints> all;
  for (const auto& engine : registry.all()) {
    if (auto endpoints = engine->endpoints()) all.push_back(*std::move(endpoints));
  }
  for (const std::string& id : unreadable_clusters(store)) {
    ClusterEndpoints& unknown = all.emplace_back();
    unknown.cluster_id = id;
    unknown.is_unknown = true;
  }
  return all;
}

ServerWatch::Observers observers_of(const ClusterRegistry& registry) {
  const auto engines = registry.all();
  return {engines.begin(), engines.end()};
}

}  // namespace

Manager::Manager(ManagerContext context, AddressPool pool, std::unique_ptr<FlavorCatalog> flavors,
                 std::string agent_id)
    : context_(std::move(context)),
      flavors_(std::move(flavors)),
      history_(context_.history),
      timer_(*context_.clock),
      threads_(context_.threads),
      observation_(context_.observation),
      steps_(context_.cloud.get(), context_.cloud_problem, threads_, observation_.prober(),
             *context_.clock, context_.timing),
      engine_context_{.store = *context_.store,
                      .clock = *context_.clock,
                      .cloud = context_.cloud.get(),
                      .executor = steps_.executor(),
                      .pool = threads_,
                      .observation = observation_,
                      .timers = timer_,
                      .history = history_,
                      .platform = context_.platform,
                      .agent_id = std::move(agent_id),
                      .fqdn = context_.fqdn,
                      .proxy_port = context_.proxy_port,
                      .timing = context_.timing,
                      .events = context_.events,
                      .request_sweep =
                          [this] {
                            if (watch_) watch_->request();
                          },
                      .endpoints_changed = [this] { publisher_->request(); },
                      .forget = [this](const std::string& id) { forget(id); }},
      registry_(std::make_unique<ClusterRegistry>()),
      create_requests_(
          std::make_unique<CreateRequests>(context_, pool, *flavors_, *registry_, history_)),
      changes_(std::make_unique<ChangeRequests>(context_, *registry_, history_, requests_)),
      publisher_(std::make_unique<EndpointPublisher>(
          threads_, [this] { return endpoints_in(*registry_, *context_.store); },
          context_.publish_endpoints)),
      watch_(context_.cloud == nullptr
                 ? nullptr
                 : std::make_unique<ServerWatch>(*context_.cloud, engine_context_.agent_id,
                                                 threads_, timer_, *context_.clock, context_.timing,
                                                 [this] { return observers_of(*registry_); })),
      // Made in place: neither part can be moved.
      audits_(context_.cloud == nullptr
                  ? nullptr
                  : new AuditResources{{*context_.cloud, *context_.store, engine_context_.agent_id,
                                        threads_, timer_, *context_.clock, context_.timing},
                                       {*context_.cloud, engine_context_.agent_id, threads_, timer_,
                                        *context_.clock, context_.timing, [this] {
                                          return audited_clusters(*registry_, *context_.store);
                                        }}}) {}

Manager::~Manager() { stop(); }

absl::StatusOr<std::unique_ptr<Manager>> Manager::open(ManagerContext context) {
  MEX_ASSIGN_OR_RETURN(const AddressPool pool, AddressPool::parse(context.platform.address_pool));
  auto agent_id = load_agent_id(*context.store);
  if (absl::IsDataLoss(agent_id.status())) {
    // Without its id the agent cannot tell what is its own in the cloud.
    context.cloud = nullptr;
    context.cloud_problem = agent_id.status();
    agent_id = std::string();
  }
  MEX_RETURN_IF_ERROR(agent_id.status());
  MEX_ASSIGN_OR_RETURN(auto flavors, FlavorCatalog::open(*context.store, *context.clock, pool));
  std::unique_ptr<Manager> manager(
      new Manager(std::move(context), pool, std::move(flavors), *std::move(agent_id)));
  MEX_RETURN_IF_ERROR(manager->load());
  return manager;
}

absl::Status Manager::load() {
  MEX_ASSIGN_OR_RETURN(
      StoredClusters stored,
      load_clusters(*context_.store, context_.sealer, context_.clock->wall_now(), context_.timing));
  // Read again by each sweep for what they left: here so that one that cannot be read is known.
  MEX_RETURN_IF_ERROR(load_destroyed(*context_.store).status());
  for (auto& [cluster, operation, secrets] : stored.clusters) {
    const std::string tenant = cluster.spec.tenant;
    const std::string name = cluster.spec.name;
    registry_->insert(tenant, name,
                      std::make_shared<ClusterEngine>(engine_context_, std::move(cluster),
                                                      std::move(operation), std::move(secrets)));
  }
  for (OperationRecord& operation : stored.past) history_.add(std::move(operation));
  publisher_->publish();
  std::chrono::milliseconds pause{0};
  for (const auto& engine : registry_->all()) {
    engine->start(pause);
    pause += kBetweenStarts;
  }
  if (watch_) watch_->request();
  if (audits_) audits_->orphans.request(std::chrono::milliseconds(0));
  if (audits_) audits_->auditor.request(context_.timing.audit_first);
  return absl::OkStatus();
}

void Manager::stop() {
  timer_.stop();
  observation_.stop();
  steps_.stop();
  threads_.stop();
}

Auditor* Manager::auditor() const { return audits_ ? &audits_->auditor : nullptr; }

void Manager::forget(const std::string& cluster_id) {
  if (audits_) audits_->orphans.request(context_.timing.orphans_first);
  registry_->erase(cluster_id);
  engine_context_.census.forget(cluster_id);
  observation_.ages().forget(cluster_id);
  publisher_->request();
}

absl::StatusOr<std::shared_ptr<ClusterEngine>> Manager::find(std::string_view tenant,
                                                             std::string_view name) const {
  if (auto engine = registry_->find(tenant, name)) return engine;
  MEX_RETURN_IF_ERROR(check_name_readable(*context_.store, tenant, name));
  return base::error(absl::StatusCode::kNotFound, "there is no cluster {} of tenant {}", name,
                     tenant);
}

absl::StatusOr<std::vector<RequestResult>> Manager::create(
    const std::vector<ClusterRequest>& requests) {
  auto prepared = create_requests_->prepare(requests);
  const base::MutexLock lock(requests_);
  MEX_ASSIGN_OR_RETURN(auto decisions, create_requests_->decide(requests, std::move(prepared)));
  store::Transaction transaction;
  for (const CreateDecision& decision : decisions) {
    if (!decision.operation) continue;
    const auto& [cluster, operation] = *decision.operation;
    if (decision.failed != nullptr) {
      add(transaction, cluster);
      for (const std::string& key : decision.released) transaction.erase(key);
      for (const std::string& key : decision.claimed) {
        transaction.expect_absent(key).put(key, cluster.id);
      }
    } else {
      add_new_cluster(transaction, cluster);
    }
    if (decision.secrets != nullptr) {
      add_secrets(transaction, cluster.id, *decision.secrets, **context_.sealer);
    }
    add(transaction, operation);
  }
  if (!transaction.empty()) {
    MEX_RETURN_IF_ERROR(base::annotate(context_.store->commit(transaction).status(),
                                       "could not store the request"));
  }
  std::vector<RequestResult> results;
  for (CreateDecision& decision : decisions) results.push_back(begin(std::move(decision)));
  return results;
}

RequestResult Manager::begin(CreateDecision decision) {
  if (decision.failed != nullptr) {
    decision.failed->retry(*std::move(decision.operation));
  } else if (decision.operation) {
    auto& [cluster, operation] = *decision.operation;
    const std::string tenant = operation.tenant;
    const std::string name = operation.cluster_name;
    const auto engine = std::make_shared<ClusterEngine>(
        engine_context_, std::move(cluster), std::move(operation), std::move(decision.secrets));
    registry_->insert(tenant, name, engine);
    threads_.submit([engine](const auto&) { engine->start(); });
  }
  return std::move(decision.result);
}

absl::StatusOr<std::vector<RequestResult>> Manager::destroy(
    const std::vector<ClusterRequest>& requests) {
  // Held, so that no failed cluster is destroyed while create() prepares another attempt at it.
  const base::MutexLock lock(requests_);
  std::vector<std::shared_ptr<ClusterEngine>> found;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    MEX_RETURN_IF_ERROR(check_identity(requests[i], field_prefix(i)));
    found.push_back(registry_->find(requests[i].tenant, requests[i].name));
    if (found.back() != nullptr) continue;
    MEX_RETURN_IF_ERROR(
        base::annotate(check_name_readable(*context_.store, requests[i].tenant, requests[i].name),
                       field_prefix(i)));
  }
  std::vector<RequestResult> results;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    RequestResult result;
    if (found[i] == nullptr) {
      result.already_satisfied = true;
      result.detail = fmt::format("there is no cluster {} of tenant {}: nothing to destroy",
                                  requests[i].name, requests[i].tenant);
    } else {
      MEX_ASSIGN_OR_RETURN(auto begun, found[i]->destroy());
      publisher_->request();
      result.operation_id = std::move(begun.id);
      result.already_satisfied = begun.already_satisfied;
      result.cluster_id = found[i]->id();
      result.detail = fmt::format("the cluster {} of tenant {} {} destroyed", requests[i].name,
                                  requests[i].tenant,
                                  begun.already_satisfied ? "is already being" : "is being");
    }
    results.push_back(std::move(result));
  }
  return results;
}

std::vector<ClusterView> Manager::clusters(std::string_view tenant) const {
  std::vector<ClusterView> views;
  for (const auto& engine : registry_->all()) {
    if (engine->is_destroyed()) continue;
    ClusterView view = engine->view();
    if (tenant.empty() || view.tenant == tenant) views.push_back(std::move(view));
  }
  return views;
}

absl::StatusOr<ClusterView> Manager::cluster(std::string_view tenant, std::string_view name) const {
  MEX_ASSIGN_OR_RETURN(const auto engine, find(tenant, name));
  return engine->view();
}

absl::StatusOr<base::Secret> Manager::kubeconfig(std::string_view tenant,
                                                 std::string_view name) const {
  MEX_ASSIGN_OR_RETURN(const auto engine, find(tenant, name));
  return engine->kubeconfig();
}

absl::StatusOr<ApiServerLogin> Manager::api_server_login(std::string_view tenant,
                                                         std::string_view name) const {
  MEX_ASSIGN_OR_RETURN(const auto engine, find(tenant, name));
  return engine->api_server_login();
}

std::vector<OperationView> Manager::operations() const {
  std::vector<OperationView> operations;
  std::set<std::string> seen;
  const auto add_new = [&](OperationView operation) {
    if (seen.insert(operation.id).second) operations.push_back(std::move(operation));
  };
  for (const auto& engine : registry_->all()) {
    for (OperationView& operation : engine->operations()) add_new(std::move(operation));
  }
  for (OperationRecord& operation : history_.all()) add_new(std::move(operation));
  sort_newest_first(operations);
  return operations;
}

absl::StatusOr<OperationView> Manager::operation(std::string_view id) const {
  if (auto found = registry_->find_operation(id)) return std::move(found->view);
  // After the engines: an operation that ends goes from there to the history, never back.
  if (auto ended = history_.find(id)) return *std::move(ended);
  return base::error(absl::StatusCode::kNotFound, "there is no operation {}", id);
}

ObservationStats Manager::observation_stats() const {
  ObservationStats stats{.oldest = observation_.ages().oldest(context_.clock->steady_now()),
                         .sweeps = {}};
  for (const SweepLane lane : {SweepLane::Awaited, SweepLane::Regular, SweepLane::Silent}) {
    stats.sweeps.at(static_cast<std::size_t>(lane)) = observation_.queue().load(lane);
  }
  return stats;
}

absl::Status Manager::discard_unreadable(std::string_view key) {
  const base::MutexLock lock(requests_);
  if (!context_.store->is_set_aside(key)) {
    return base::error(absl::StatusCode::kNotFound, "{}: no record of that key is set aside", key);
  }
  MEX_RETURN_IF_ERROR(discard_cluster(*context_.store, key));
  publisher_->request();
  return absl::OkStatus();
}

ChangeRequests& Manager::changes() { return *changes_; }

FlavorCatalog& Manager::flavors() { return *flavors_; }
const FlavorCatalog& Manager::flavors() const { return *flavors_; }

absl::Status Manager::delete_flavor(std::string_view name) {
  const base::MutexLock lock(requests_);
  std::vector<std::string> users;
  for (const auto& engine : registry_->all()) {
    if (engine->is_destroyed()) continue;
    const ClusterSpec spec = engine->record().spec;
    if (spec.flavor.name == name) users.push_back(fmt::format("{}/{}", spec.tenant, spec.name));
  }
  return flavors_->remove(name, users);
}

absl::Status Manager::cloud_configured() const {
  return context_.cloud == nullptr ? context_.cloud_problem : absl::OkStatus();
}

}  // namespace mex::cluster
