#include "cluster/engine/create_requests.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <utility>

#include "base/ipv4.h"
#include "base/random_id.h"
#include "base/status.h"
#include "cluster/engine/cluster_records.h"
#include "cluster/records/journal.h"
#include "cluster/spec/address_keys.h"
#include "cluster/spec/admission_addresses.h"
#include "cluster/steps/api_server_access.h"

namespace mex::cluster {
namespace {

constexpr std::size_t kClusterIdLength = 8;

bool overlaps_one(const base::Ipv4Block& block, const std::vector<base::Ipv4Block>& others) {
  return std::any_of(others.begin(), others.end(),
                     [&](const base::Ipv4Block& other) { return overlap(block, other); });
}

std::vector<std::string> without(std::vector<std::string> keys,
                                 const std::vector<std::string>& others) {
  std::erase_if(keys, [&](const std::string& key) {
    return std::find(others.begin(), others.end(), key) != others.end();
  });
  return keys;
}

}  // namespace

std::string field_prefix(std::size_t index) { return fmt::format("provisions[{}]", index); }

CreateRequests::CreateRequests(const ManagerContext& context, AddressPool pool,
                               const FlavorCatalog& flavors, const ClusterRegistry& registry,
                               const OperationHistory& history)
    : context_(context), pool_(pool), flavors_(flavors), registry_(registry), history_(history) {}

AdmissionRules CreateRequests::rules(const FlavorSet& flavors) const {
  static const std::string none;
  const std::string& region =
      context_.cloud == nullptr ? none : context_.cloud->session.config().region;
  return {.platform = context_.platform, .pool = pool_, .flavors = flavors, .region = region};
}

std::vector<CreateRequests::Prepared> CreateRequests::prepare(
    const std::vector<ClusterRequest>& requests) const {
  const auto flavors = flavors_.snapshot();
  std::vector<Prepared> all(requests.size());
  for (std::size_t i = 0; i < requests.size(); ++i) {
    Prepared& one = all[i];
    one.flavors = flavors;
    if (registry_.find(requests[i].tenant, requests[i].name) != nullptr) continue;
    one.spec = admit(requests[i], rules(*flavors), field_prefix(i));
    if (context_.cloud == nullptr || !one.spec->ok() || !(*one.spec)->is_managed()) continue;
    auto secrets = make_cluster_secrets((*one.spec)->name, context_.clock->wall_now());
    if (secrets.ok()) one.secrets = std::make_shared<const ClusterSecrets>(*std::move(secrets));
  }
  return all;
}

absl::StatusOr<std::vector<CreateDecision>> CreateRequests::decide(
    const std::vector<ClusterRequest>& requests, std::vector<Prepared> prepared) const {
  MEX_ASSIGN_OR_RETURN(std::set<std::string> taken, given_addresses(*context_.store));
  std::set<std::pair<std::string, std::string>> names;
  std::vector<CreateDecision> decisions;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const ClusterRequest& request = requests[i];
    const std::string prefix = field_prefix(i);
    if (!names.insert({request.tenant, request.name}).second) {
      return base::field_error(prefix + ".name", "is in the list twice");
    }
    const auto engine = registry_.find(request.tenant, request.name);
    auto decision = engine != nullptr ? decide_existing(engine, request, prefix, taken)
                                      : decide_new(request, prefix, std::move(prepared[i]), taken);
    if (!decision.ok()) return decision.status();
    decisions.push_back(*std::move(decision));
  }
  return decisions;
}

absl::StatusOr<CreateDecision> CreateRequests::decide_new(const ClusterRequest& request,
                                                          const std::string& prefix,
                                                          Prepared prepared,
                                                          std::set<std::string>& taken) const {
  MEX_RETURN_IF_ERROR(
      base::annotate(check_name_readable(*context_.store, request.tenant, request.name), prefix));
  const auto flavors = flavors_.snapshot();
  // Admitted again where that was against other flavors, or where the cluster existed then.
  if (!prepared.spec || prepared.flavors != flavors) {
    prepared.spec = admit(request, rules(*flavors), prefix);
  }
  if (context_.cloud == nullptr) {
    MEX_RETURN_IF_ERROR(validate_request(request, *flavors, prefix));
    return context_.cloud_problem;
  }
  MEX_ASSIGN_OR_RETURN(ClusterSpec spec, *std::move(prepared.spec));
  MEX_RETURN_IF_ERROR(assign(spec, rules(*flavors), {}, prefix, taken));
  return begin_new(std::move(spec), std::move(prepared.secrets));
}

absl::Status CreateRequests::assign(ClusterSpec& spec, const AdmissionRules& rules,
                                    const std::vector<std::string>& refused,
                                    const std::string& prefix, std::set<std::string>& taken) const {
  std::vector<base::Ipv4Block> elsewhere;
  if (spec.isolated()) {
    // A route to more than the whole pool is one that the clusters' own routes are taken out of.
    const int pool = pool_of(spec, rules.pool).block().prefix_length;
    if (context_.host_networks) elsewhere = context_.host_networks();
    std::erase_if(elsewhere, [&](const auto& block) { return block.prefix_length < pool; });
    for (const std::string& text : refused) {
      if (const auto block = base::parse_ipv4_block(text)) elsewhere.push_back(*block);
    }
  }
  const auto is_taken = [&](const base::Ipv4Block& block) {
    const std::vector<std::string> keys = address_keys(spec, block);
    return overlaps_one(block, elsewhere) ||
           std::any_of(keys.begin(), keys.end(),
                       [&](const std::string& key) { return taken.count(key) > 0; });
  };
  MEX_RETURN_IF_ERROR(assign_addresses(spec, rules, is_taken, prefix));
  for (std::string& key : address_keys(spec)) taken.insert(std::move(key));
  return absl::OkStatus();
}

absl::StatusOr<CreateDecision> CreateRequests::begin_new(
    ClusterSpec spec, std::shared_ptr<const ClusterSecrets> secrets) const {
  CreateDecision decision;
  NewOperation made;
  if (spec.is_managed()) {
    MEX_RETURN_IF_ERROR(context_.sealer.status());
    if (secrets == nullptr) {
      MEX_ASSIGN_OR_RETURN(auto own, make_cluster_secrets(spec.name, context_.clock->wall_now()));
      secrets = std::make_shared<const ClusterSecrets>(std::move(own));
    }
    decision.secrets = std::move(secrets);
    std::string name = api_server_name(spec, context_.fqdn);
    if (!name.empty()) made.cluster.api_server_names.push_back(std::move(name));
  }
  made.cluster.id = base::random_id(kClusterIdLength);
  made.cluster.spec = std::move(spec);
  made.cluster.created = context_.clock->wall_now();
  made.operation = new_operation(OperationKind::Create, made.cluster, made.cluster.created);
  made.cluster.operation_id = made.operation.id;
  decision.result = {.operation_id = made.operation.id,
                     .cluster_id = made.cluster.id,
                     .already_satisfied = false,
                     .detail = fmt::format("the cluster {} of tenant {} is being created",
                                           made.operation.cluster_name, made.operation.tenant)};
  decision.operation = std::move(made);
  return decision;
}

absl::StatusOr<CreateDecision> CreateRequests::decide_existing(
    const ClusterRegistry::Engine& engine, const ClusterRequest& request, const std::string& prefix,
    std::set<std::string>& taken) const {
  const auto flavors = flavors_.snapshot();
  MEX_RETURN_IF_ERROR(validate_request(request, *flavors, prefix));
  const ClusterRecord record = engine->record();
  if (record.phase == ClusterPhase::Destroying) {
    return base::error(absl::StatusCode::kFailedPrecondition,
                       "{}: the cluster {} of tenant {} is being destroyed (operation {}); try "
                       "again when that is done",
                       prefix, request.name, request.tenant, record.operation_id);
  }
  if (record.phase == ClusterPhase::Failed) {
    return decide_retry(engine, record, request, prefix, taken);
  }
  // A later revision of its flavor does not touch a cluster.
  const FlavorSet own_flavors = with_own_flavor(*flavors, record.spec);
  MEX_RETURN_IF_ERROR(check_same(record.spec, request, rules(own_flavors), prefix));
  // The caller waits for the operation that is named: not for one that failed to change a cluster
  // which is there all the same.
  const auto is_of_use = [](const OperationView& operation) {
    return operation.state != OperationState::Failed &&
           operation.state != OperationState::Cancelled;
  };
  std::string operation_id = record.operation_id;
  for (const OperationView& latest : engine->operations()) {
    if (latest.id != operation_id || is_of_use(latest)) continue;
    if (const auto earlier = history_.latest_done(record.id)) operation_id = earlier->id;
  }
  CreateDecision decision;
  decision.result = {.operation_id = std::move(operation_id),
                     .cluster_id = record.id,
                     .already_satisfied = true,
                     .detail = fmt::format("the cluster {} of tenant {} exists already: {}",
                                           request.name, request.tenant, to_string(record.phase))};
  return decision;
}

// Another image or flavor may be just what a failed cluster needs; its place in the network is
// where its parts are already. One of which nothing was ever asked of the cloud may have another
// place, and the flavor as it is now.
absl::StatusOr<CreateDecision> CreateRequests::decide_retry(const ClusterRegistry::Engine& engine,
                                                            const ClusterRecord& failed,
                                                            const ClusterRequest& request,
                                                            const std::string& prefix,
                                                            std::set<std::string>& taken) const {
  const auto flavors = flavors_.snapshot();
  const bool is_untouched = !failed.has_cloud_resources;
  const FlavorSet own_flavors = is_untouched ? *flavors : with_own_flavor(*flavors, failed.spec);
  MEX_ASSIGN_OR_RETURN(ClusterSpec spec, admit(request, rules(own_flavors), prefix));
  if (spec.flavor.name != failed.spec.flavor.name || spec.scheme != failed.spec.scheme ||
      spec.network != failed.spec.network ||
      (!spec.fixed_ip.empty() && spec.fixed_ip != failed.spec.fixed_ip)) {
    return base::error(absl::StatusCode::kAlreadyExists,
                       "{}: the failed cluster {} of tenant {} has another kind, network or "
                       "fixedip; destroy it first",
                       prefix, request.name, request.tenant);
  }
  const std::vector<std::string> held = address_keys(failed.spec);
  if (is_untouched) {
    // What is released is free when this is stored: not for others of the same list.
    std::set<std::string> others = taken;
    for (const std::string& key : held) others.erase(key);
    MEX_RETURN_IF_ERROR(assign(spec, rules(own_flavors), failed.refused_subnets, prefix, others));
    taken.merge(others);
  } else {
    keep_addresses(spec, failed.spec);
  }
  if (spec.is_managed() != failed.spec.is_managed()) {
    return base::error(absl::StatusCode::kAlreadyExists,
                       "{}: the failed cluster {} of tenant {} has another image_style; destroy it "
                       "first",
                       prefix, request.name, request.tenant);
  }
  CreateDecision decision;
  decision.claimed = without(address_keys(spec), held);
  decision.released = without(held, address_keys(spec));
  MEX_ASSIGN_OR_RETURN(decision.operation, engine->prepare_retry(std::move(spec)));
  decision.failed = engine;
  decision.result = {.operation_id = decision.operation->operation.id,
                     .cluster_id = failed.id,
                     .already_satisfied = false,
                     .detail = fmt::format("the failed cluster {} of tenant {} is tried again",
                                           request.name, request.tenant)};
  return decision;
}

}  // namespace mex::cluster
