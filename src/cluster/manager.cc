#include "cluster/manager.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <tuple>
#include <utility>

#include "base/ipv4.h"
#include "base/log.h"
#include "base/random_id.h"
#include "base/status.h"
#include "cluster/admission.h"
#include "cluster/cluster_engine.h"
#include "cluster/journal.h"
#include "cluster/manager_setup.h"
#include "cluster/sealed_secrets.h"
#include "cluster/server_watch.h"

namespace mex::cluster {
namespace {

constexpr std::size_t kClusterIdLength = 8;
constexpr std::size_t kOperationIdLength = 12;

using Engine = std::shared_ptr<ClusterEngine>;
using TenantAndName = std::pair<std::string, std::string>;

std::string field_prefix(std::size_t index) { return fmt::format("provisions[{}]", index); }

void sort_newest_first(std::vector<OperationView>& operations) {
  std::sort(operations.begin(), operations.end(),
            [](const OperationView& a, const OperationView& b) {
              return std::tie(b.created, a.id) < std::tie(a.created, b.id);
            });
}

}  // namespace

class Manager::Impl {
 public:
  Impl(ManagerSetup setup, AddressPool pool, std::unique_ptr<FlavorCatalog> flavors,
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
                 .want_sweep = [this] { want_sweep(); },
                 .reach_changed = [this] { want_publishing(); },
                 .forget = [this](const std::string& id) { forget(id); }} {
    if (setup_.cloud != nullptr) {
      watch_.emplace(*setup_.cloud, context_.agent_id, threads_, timer_, *setup_.clock,
                     setup_.timing, [this] { return engines(); });
    }
  }

  absl::Status load();
  absl::StatusOr<std::vector<Accepted>> create(const std::vector<ClusterRequest>& requests);
  absl::StatusOr<std::vector<Accepted>> destroy(const std::vector<ClusterRequest>& requests);

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
  // How one wish of a list is to be met.
  struct Decision {
    Accepted answer;
    std::optional<Beginning> beginning;             // what has to be stored and started
    std::shared_ptr<const ClusterSecrets> secrets;  // of a new managed cluster
    Engine failed;  // the cluster it is another attempt at; null for a new one
  };

  // A destroyed cluster stays in by_name_ for a moment, until its engine says forget().
  Engine find_locked(std::string_view tenant, std::string_view name) const {
    const auto found = by_name_.find({std::string(tenant), std::string(name)});
    return found == by_name_.end() || found->second->is_gone() ? nullptr : found->second;
  }

  void want_sweep() {
    if (watch_) watch_->want();
  }
  void want_publishing();
  void publish_reach();
  void forget(const std::string& cluster_id);
  absl::Status take_over(ClusterRecord cluster, std::map<std::string, OperationRecord>& operations);
  absl::StatusOr<Decision> decide(const ClusterRequest& request, const std::string& prefix,
                                  const FlavorSet& flavors, std::set<std::string>& taken) const;
  absl::StatusOr<Decision> decide_existing(const Engine& engine, const ClusterRequest& request,
                                           const FlavorSet& flavors,
                                           const std::string& prefix) const;
  absl::StatusOr<Decision> begin_new(ClusterSpec spec) const;
  std::set<std::string> taken_addresses() const;
  AdmissionRules rules(const FlavorSet& flavors) const {
    static const std::string none;
    const std::string& region =
        setup_.cloud == nullptr ? none : setup_.cloud->session.config().region;
    return {.platform = setup_.platform, .pool = pool_, .flavors = flavors, .region = region};
  }

  const ManagerSetup setup_;
  const AddressPool pool_;
  const std::unique_ptr<FlavorCatalog> flavors_;
  OperationHistory history_;
  Timer timer_;
  base::ThreadPool threads_;
  base::ThreadPool kubernetes_threads_;
  EngineContext context_;
  std::optional<ServerWatch> watch_;
  // Guards by_name_, lets one wish begin an operation at a time, and keeps a flavor from being
  // deleted while a cluster is made from it. Never taken by an engine that holds its own mutex.
  mutable std::mutex mutex_;
  std::map<TenantAndName, Engine> by_name_;
  std::atomic<bool> is_publishing_wanted_ = false;
  std::mutex publish_mutex_;  // one publishing at a time; taken before mutex_
};

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
  want_sweep();
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
      cluster.uncertain_until = setup_.clock->wall_now() + setup_.timing.late_answers;
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
  std::vector<ClusterReach> all;
  for (const Engine& engine : engines()) {
    if (auto reach = engine->reach()) all.push_back(*std::move(reach));
  }
  setup_.publish_reach(all);
}

std::set<std::string> Manager::Impl::taken_addresses() const {
  std::set<std::string> taken;
  for (const auto& [name, engine] : by_name_) {
    if (engine->is_gone()) continue;
    for (std::string& key : address_keys(engine->record().spec)) taken.insert(std::move(key));
  }
  return taken;
}

absl::StatusOr<Manager::Impl::Decision> Manager::Impl::decide_existing(
    const Engine& engine, const ClusterRequest& request, const FlavorSet& flavors,
    const std::string& prefix) const {
  const ClusterRecord record = engine->record();
  // A later revision of its flavor does not touch a cluster.
  const FlavorSet own_flavors = with_own_flavor(flavors, record.spec);
  Decision decision;
  decision.answer = {
      .operation_id = record.operation_id, .cluster_id = record.id, .already = true, .detail = {}};
  if (record.phase == ClusterPhase::Destroying) {
    return base::error(absl::StatusCode::kFailedPrecondition,
                       "{}: the cluster {} of tenant {} is being destroyed (operation {}); try "
                       "again when that is done",
                       prefix, request.name, request.tenant, record.operation_id);
  }
  if (record.phase != ClusterPhase::Failed) {
    MEX_RETURN_IF_ERROR(check_same(record.spec, request, rules(own_flavors), prefix));
    decision.answer.detail = fmt::format("the cluster {} of tenant {} exists already: {}",
                                         request.name, request.tenant, to_text(record.phase));
    return decision;
  }
  // Another image or flavor may be just what a failed cluster needs; its place in the network is
  // where its parts are already.
  MEX_ASSIGN_OR_RETURN(ClusterSpec spec, admit(request, rules(own_flavors), prefix));
  if (spec.flavor.name != record.spec.flavor.name || spec.scheme != record.spec.scheme ||
      spec.network != record.spec.network ||
      (!spec.fixed_ip.empty() && spec.fixed_ip != record.spec.fixed_ip)) {
    return base::error(absl::StatusCode::kAlreadyExists,
                       "{}: the failed cluster {} of tenant {} has another kind, network or "
                       "fixedip; destroy it first",
                       prefix, request.name, request.tenant);
  }
  keep_addresses(spec, record.spec);
  if (spec.is_managed() != record.spec.is_managed()) {
    return base::error(absl::StatusCode::kAlreadyExists,
                       "{}: the failed cluster {} of tenant {} has another image_style; destroy it "
                       "first",
                       prefix, request.name, request.tenant);
  }
  MEX_ASSIGN_OR_RETURN(decision.beginning, engine->retrial(std::move(spec)));
  decision.failed = engine;
  decision.answer.operation_id = decision.beginning->operation.id;
  decision.answer.already = false;
  decision.answer.detail = fmt::format("the failed cluster {} of tenant {} is tried again",
                                       request.name, request.tenant);
  return decision;
}

absl::StatusOr<Manager::Impl::Decision> Manager::Impl::decide(const ClusterRequest& request,
                                                              const std::string& prefix,
                                                              const FlavorSet& flavors,
                                                              std::set<std::string>& taken) const {
  MEX_RETURN_IF_ERROR(check_wish(request, flavors, prefix));
  if (const Engine engine = find_locked(request.tenant, request.name)) {
    return decide_existing(engine, request, flavors, prefix);
  }
  MEX_RETURN_IF_ERROR(cloud_configured());
  MEX_ASSIGN_OR_RETURN(ClusterSpec spec, admit(request, rules(flavors), prefix));
  const auto is_taken = [&](const base::Ipv4Block& block) {
    const std::vector<std::string> keys = address_keys(spec, block);
    return std::any_of(keys.begin(), keys.end(),
                       [&](const std::string& key) { return taken.count(key) > 0; });
  };
  MEX_RETURN_IF_ERROR(assign_addresses(spec, rules(flavors), is_taken, prefix));
  for (std::string& key : address_keys(spec)) taken.insert(std::move(key));
  return begin_new(std::move(spec));
}

absl::StatusOr<Manager::Impl::Decision> Manager::Impl::begin_new(ClusterSpec spec) const {
  Decision decision;
  Beginning made;
  if (spec.is_managed()) {
    MEX_ASSIGN_OR_RETURN(auto secrets, make_cluster_secrets(spec.name, setup_.clock->wall_now()));
    decision.secrets = std::make_shared<const ClusterSecrets>(std::move(secrets));
    std::string name = api_server_name(spec, setup_.fqdn);
    if (!name.empty()) made.cluster.api_server_names.push_back(std::move(name));
  }
  made.cluster.id = base::random_id(kClusterIdLength);
  made.cluster.spec = std::move(spec);
  made.cluster.created = setup_.clock->wall_now();
  made.operation.id = base::random_id(kOperationIdLength);
  made.operation.kind = OperationKind::Create;
  made.operation.cluster_id = made.cluster.id;
  made.operation.tenant = made.cluster.spec.tenant;
  made.operation.cluster_name = made.cluster.spec.name;
  made.operation.created = made.cluster.created;
  made.cluster.operation_id = made.operation.id;
  decision.answer = {.operation_id = made.operation.id,
                     .cluster_id = made.cluster.id,
                     .already = false,
                     .detail = fmt::format("the cluster {} of tenant {} is being created",
                                           made.operation.cluster_name, made.operation.tenant)};
  decision.beginning = std::move(made);
  return decision;
}

absl::StatusOr<std::vector<Accepted>> Manager::Impl::create(
    const std::vector<ClusterRequest>& requests) {
  const std::lock_guard lock(mutex_);
  const auto flavors = flavors_->snapshot();
  std::set<std::string> taken = taken_addresses();
  std::set<TenantAndName> names;
  std::vector<Decision> decisions;
  store::Transaction transaction;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const std::string prefix = field_prefix(i);
    if (!names.insert({requests[i].tenant, requests[i].name}).second) {
      return base::field_error(prefix + ".name", "is in the list twice");
    }
    MEX_ASSIGN_OR_RETURN(Decision decision, decide(requests[i], prefix, *flavors, taken));
    if (decision.beginning) {
      if (decision.failed == nullptr) {
        const ClusterRecord& cluster = decision.beginning->cluster;
        add_new_cluster(transaction, cluster);
        if (decision.secrets != nullptr) {
          add_secrets(transaction, cluster.id, *decision.secrets, *setup_.sealer);
        }
      } else {
        add(transaction, decision.beginning->cluster);
      }
      add(transaction, decision.beginning->operation);
    }
    decisions.push_back(std::move(decision));
  }
  if (!transaction.empty()) {
    MEX_RETURN_IF_ERROR(
        base::annotate(setup_.store->commit(transaction).status(), "the wish was not stored"));
  }
  std::vector<Accepted> answers;
  for (Decision& decision : decisions) {
    if (decision.failed != nullptr) {
      decision.failed->retry(*std::move(decision.beginning));
    } else if (decision.beginning) {
      auto& [cluster, operation] = *decision.beginning;
      TenantAndName name{operation.tenant, operation.cluster_name};
      const auto engine = std::make_shared<ClusterEngine>(
          context_, std::move(cluster), std::move(operation), std::move(decision.secrets));
      by_name_[std::move(name)] = engine;
      threads_.submit([engine](const auto&) { engine->start(); });
    }
    answers.push_back(std::move(decision.answer));
  }
  return answers;
}

absl::StatusOr<std::vector<Accepted>> Manager::Impl::destroy(
    const std::vector<ClusterRequest>& requests) {
  // Held, so that no failed cluster is destroyed while create() prepares another attempt at it.
  const std::lock_guard lock(mutex_);
  std::vector<Engine> found;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    MEX_RETURN_IF_ERROR(check_identity(requests[i], field_prefix(i)));
    found.push_back(find_locked(requests[i].tenant, requests[i].name));
  }
  std::vector<Accepted> answers;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    Accepted answer;
    if (found[i] == nullptr) {
      answer.already = true;
      answer.detail = fmt::format("there is no cluster {} of tenant {}: nothing to destroy",
                                  requests[i].name, requests[i].tenant);
    } else {
      MEX_ASSIGN_OR_RETURN(answer.operation_id, found[i]->destroy(answer.already));
      want_publishing();
      answer.cluster_id = found[i]->id();
      answer.detail =
          fmt::format("the cluster {} of tenant {} {} destroyed", requests[i].name,
                      requests[i].tenant, answer.already ? "is already being" : "is being");
    }
    answers.push_back(std::move(answer));
  }
  return answers;
}

absl::Status Manager::Impl::delete_flavor(std::string_view name) {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> users;
  for (const auto& [tenant_and_name, engine] : by_name_) {
    if (engine->is_gone() || engine->record().spec.flavor.name != name) continue;
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

absl::StatusOr<std::unique_ptr<Manager>> Manager::open(ManagerSetup setup) {
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

absl::StatusOr<std::vector<Accepted>> Manager::create(const std::vector<ClusterRequest>& requests) {
  return impl_->create(requests);
}

absl::StatusOr<std::vector<Accepted>> Manager::destroy(
    const std::vector<ClusterRequest>& requests) {
  return impl_->destroy(requests);
}

std::vector<ClusterView> Manager::clusters(std::string_view tenant) const {
  std::vector<ClusterView> views;
  for (const Engine& engine : impl_->engines()) {
    if (engine->is_gone()) continue;
    ClusterView view = engine->view();
    if (tenant.empty() || view.tenant == tenant) views.push_back(std::move(view));
  }
  return views;
}

absl::StatusOr<ClusterView> Manager::cluster(std::string_view tenant, std::string_view name) const {
  if (const Engine engine = impl_->find(tenant, name)) return engine->view();
  return base::error(absl::StatusCode::kNotFound, "there is no cluster {} of tenant {}", name,
                     tenant);
}

absl::StatusOr<base::Secret> Manager::kubeconfig(std::string_view tenant,
                                                 std::string_view name) const {
  if (const Engine engine = impl_->find(tenant, name)) return engine->kubeconfig();
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
