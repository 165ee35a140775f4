#include <algorithm>
#include <utility>

#include "base/ipv4.h"
#include "base/random_id.h"
#include "base/status.h"
#include "cluster/engine/manager_impl.h"
#include "cluster/plan/change.h"
#include "cluster/records/journal.h"
#include "cluster/records/sealed_secrets.h"
#include "cluster/spec/address_keys.h"
#include "cluster/steps/api_server_access.h"

// How wishes become clusters, and how they end.
namespace mex::cluster {
namespace {

constexpr std::size_t kClusterIdLength = 8;
constexpr std::size_t kOperationIdLength = 12;

std::string field_prefix(std::size_t index) { return fmt::format("provisions[{}]", index); }

}  // namespace

std::set<std::string> Manager::Impl::taken_addresses() const {
  std::set<std::string> taken;
  for (const auto& [name, engine] : by_name_) {
    if (engine->is_destroyed()) continue;
    for (std::string& key : address_keys(spec_with_retiring(engine->record()))) {
      taken.insert(std::move(key));
    }
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
  decision.answer = {.operation_id = record.operation_id,
                     .cluster_id = record.id,
                     .already_satisfied = true,
                     .detail = {}};
  if (record.phase == ClusterPhase::Destroying) {
    return base::error(absl::StatusCode::kFailedPrecondition,
                       "{}: the cluster {} of tenant {} is being destroyed (operation {}); try "
                       "again when that is done",
                       prefix, request.name, request.tenant, record.operation_id);
  }
  if (record.phase != ClusterPhase::Failed) {
    MEX_RETURN_IF_ERROR(check_same(record.spec, request, rules(own_flavors), prefix));
    decision.answer.detail = fmt::format("the cluster {} of tenant {} exists already: {}",
                                         request.name, request.tenant, to_string(record.phase));
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
  MEX_ASSIGN_OR_RETURN(decision.beginning, engine->prepare_retry(std::move(spec)));
  decision.failed = engine;
  decision.answer.operation_id = decision.beginning->operation.id;
  decision.answer.already_satisfied = false;
  decision.answer.detail = fmt::format("the failed cluster {} of tenant {} is tried again",
                                       request.name, request.tenant);
  return decision;
}

absl::StatusOr<Manager::Impl::Decision> Manager::Impl::decide(const ClusterRequest& request,
                                                              const std::string& prefix,
                                                              const FlavorSet& flavors,
                                                              std::set<std::string>& taken,
                                                              SharedSecrets secrets) const {
  MEX_RETURN_IF_ERROR(validate_request(request, flavors, prefix));
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
  return begin_new(std::move(spec), std::move(secrets));
}

// Those of wishes that will need them, made before anything is locked: keys take a while, and
// nobody else is to wait for them. Null for all others, and for what was decided otherwise
// meanwhile.
std::vector<Manager::Impl::SharedSecrets> Manager::Impl::make_secrets(
    const std::vector<ClusterRequest>& requests) const {
  const auto flavors = flavors_->snapshot();
  std::vector<SharedSecrets> all(requests.size());
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (setup_.cloud == nullptr || find(requests[i].tenant, requests[i].name) != nullptr) continue;
    const auto spec = admit(requests[i], rules(*flavors), field_prefix(i));
    if (!spec.ok() || !spec->is_managed()) continue;
    auto secrets = make_cluster_secrets(spec->name, setup_.clock->wall_now());
    if (secrets.ok()) all[i] = std::make_shared<const ClusterSecrets>(*std::move(secrets));
  }
  return all;
}

absl::StatusOr<Manager::Impl::Decision> Manager::Impl::begin_new(ClusterSpec spec,
                                                                 SharedSecrets secrets) const {
  Decision decision;
  NewOperation made;
  if (spec.is_managed()) {
    if (secrets == nullptr) {
      MEX_ASSIGN_OR_RETURN(auto own, make_cluster_secrets(spec.name, setup_.clock->wall_now()));
      secrets = std::make_shared<const ClusterSecrets>(std::move(own));
    }
    decision.secrets = std::move(secrets);
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
                     .already_satisfied = false,
                     .detail = fmt::format("the cluster {} of tenant {} is being created",
                                           made.operation.cluster_name, made.operation.tenant)};
  decision.beginning = std::move(made);
  return decision;
}

absl::StatusOr<std::vector<RequestResult>> Manager::Impl::create(
    const std::vector<ClusterRequest>& requests) {
  std::vector<SharedSecrets> secrets = make_secrets(requests);
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
    MEX_ASSIGN_OR_RETURN(Decision decision,
                         decide(requests[i], prefix, *flavors, taken, std::move(secrets[i])));
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
  std::vector<RequestResult> answers;
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

absl::StatusOr<std::vector<RequestResult>> Manager::Impl::destroy(
    const std::vector<ClusterRequest>& requests) {
  // Held, so that no failed cluster is destroyed while create() prepares another attempt at it.
  const std::lock_guard lock(mutex_);
  std::vector<Engine> found;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    MEX_RETURN_IF_ERROR(check_identity(requests[i], field_prefix(i)));
    found.push_back(find_locked(requests[i].tenant, requests[i].name));
  }
  std::vector<RequestResult> answers;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    RequestResult answer;
    if (found[i] == nullptr) {
      answer.already_satisfied = true;
      answer.detail = fmt::format("there is no cluster {} of tenant {}: nothing to destroy",
                                  requests[i].name, requests[i].tenant);
    } else {
      MEX_ASSIGN_OR_RETURN(answer.operation_id, found[i]->destroy(answer.already_satisfied));
      want_publishing();
      answer.cluster_id = found[i]->id();
      answer.detail = fmt::format("the cluster {} of tenant {} {} destroyed", requests[i].name,
                                  requests[i].tenant,
                                  answer.already_satisfied ? "is already being" : "is being");
    }
    answers.push_back(std::move(answer));
  }
  return answers;
}

absl::StatusOr<RequestResult> Manager::Impl::change(std::string_view tenant, std::string_view name,
                                                    OperationKind kind, std::string subject,
                                                    const ClusterEngine::Edit& edit) const {
  const Engine engine = find_locked(tenant, name);
  if (engine == nullptr) {
    return base::error(absl::StatusCode::kNotFound, "there is no cluster {} of tenant {}", name,
                       tenant);
  }
  MEX_RETURN_IF_ERROR(cloud_configured());
  RequestResult answer;
  answer.cluster_id = engine->id();
  MEX_ASSIGN_OR_RETURN(answer.operation_id,
                       engine->change(kind, std::move(subject), edit, answer.already_satisfied));
  return answer;
}

absl::StatusOr<RequestResult> Manager::Impl::scale(std::string_view tenant, std::string_view name,
                                                   std::string_view pool, int count) {
  const std::lock_guard lock(mutex_);
  const std::set<std::string> taken = taken_addresses();
  return change(
      tenant, name, OperationKind::Scale, fmt::format("pool {}: {} nodes", pool, count),
      [&](const ClusterRecord& record) {
        const auto is_taken = [&](const std::string& text) {
          const auto address = base::parse_ipv4(text);
          if (!address) return true;
          const auto keys = address_keys(record.spec, base::Ipv4Block{*address, 32});
          return std::any_of(keys.begin(), keys.end(),
                             [&](const std::string& key) { return taken.count(key) > 0; });
        };
        return scaled(record, pool, count, {.platform = setup_.platform, .is_taken = is_taken});
      });
}

absl::StatusOr<RequestResult> Manager::Impl::replace(std::string_view tenant, std::string_view name,
                                                     std::string_view slot) {
  const std::lock_guard lock(mutex_);
  return change(tenant, name, OperationKind::Replace, fmt::format("node {}", slot),
                [&](const ClusterRecord& record) { return with_replaced(record, slot); });
}

}  // namespace mex::cluster
