#include "cluster/engine/change_requests.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/ipv4.h"
#include "base/status.h"
#include "cluster/plan/change.h"
#include "cluster/records/journal.h"
#include "cluster/spec/address_keys.h"

namespace mex::cluster {
namespace {

absl::Status refusal(const OperationView& operation, std::string_view why) {
  return base::error(absl::StatusCode::kFailedPrecondition, "operation {} {}", operation.id, why);
}

absl::Status no_operation(std::string_view id) {
  return base::error(absl::StatusCode::kNotFound, "there is no operation {}", id);
}

absl::Status check_retried(const OperationView& operation) {
  if (operation.state != OperationState::Failed && operation.state != OperationState::Cancelled) {
    return refusal(operation, fmt::format("is {}", to_string(operation.state)));
  }
  switch (operation.kind) {
    case OperationKind::Create:
      return refusal(operation, "is a create: ask for the same cluster again (POST /v1/provision)");
    case OperationKind::Destroy:
      return refusal(operation, "is a destroy, which goes on until it is done");
    case OperationKind::Repair:
      return refusal(operation, "was begun by the agent, which tries again by itself");
    case OperationKind::Scale:
    case OperationKind::Replace:
      if (!operation.request) {
        return refusal(operation,
                       "is of a version that did not keep what was asked for: ask again");
      }
      break;
    case OperationKind::Renew:
      break;
  }
  return absl::OkStatus();
}

}  // namespace

ChangeRequests::ChangeRequests(const ManagerContext& context, const ClusterRegistry& registry,
                               const OperationHistory& history, base::Mutex& requests)
    : context_(context), registry_(registry), history_(history), requests_(requests) {}

absl::StatusOr<ClusterRegistry::Engine> ChangeRequests::find(std::string_view tenant,
                                                             std::string_view name) const {
  if (auto engine = registry_.find(tenant, name)) return engine;
  MEX_RETURN_IF_ERROR(check_name_readable(*context_.store, tenant, name));
  return base::error(absl::StatusCode::kNotFound, "there is no cluster {} of tenant {}", name,
                     tenant);
}

absl::StatusOr<RequestResult> ChangeRequests::change(std::string_view tenant, std::string_view name,
                                                     OperationKind kind, std::string subject,
                                                     std::optional<ChangeRequest> request,
                                                     const Edit& edit) {
  MEX_ASSIGN_OR_RETURN(const auto engine, find(tenant, name));
  if (context_.cloud == nullptr) return context_.cloud_problem;
  MEX_ASSIGN_OR_RETURN(auto begun,
                       engine->change(kind, std::move(subject), std::move(request), edit));
  return RequestResult{.operation_id = std::move(begun.id),
                       .cluster_id = engine->id(),
                       .already_satisfied = begun.already_satisfied,
                       .detail = {}};
}

absl::StatusOr<RequestResult> ChangeRequests::scale(std::string_view tenant, std::string_view name,
                                                    const ChangeRequest& request) {
  const base::MutexLock lock(requests_);
  MEX_ASSIGN_OR_RETURN(const std::set<std::string> taken, given_addresses(*context_.store));
  return change(tenant, name, OperationKind::Scale,
                fmt::format("pool {}: {} nodes", request.pool, request.count), request,
                [&](const ClusterRecord& record) -> absl::StatusOr<ClusterRecord> {
                  const auto is_taken = [&](const std::string& text) {
                    const auto address = base::parse_ipv4(text);
                    if (!address) return true;
                    const auto keys = address_keys(record.spec, base::Ipv4Block{*address, 32});
                    return std::any_of(keys.begin(), keys.end(), [&](const std::string& key) {
                      return taken.count(key) > 0;
                    });
                  };
                  MEX_ASSIGN_OR_RETURN(
                      ClusterRecord changed,
                      scaled(record, request.pool, request.count,
                             {.platform = context_.platform, .is_taken = is_taken}, request.names));
                  changed.is_change_kept = request.is_kept;
                  return changed;
                });
}

absl::StatusOr<RequestResult> ChangeRequests::replace(std::string_view tenant,
                                                      std::string_view name,
                                                      const ChangeRequest& request) {
  const base::MutexLock lock(requests_);
  return change(tenant, name, OperationKind::Replace, fmt::format("node {}", request.node), request,
                [&](const ClusterRecord& record) {
                  return with_replaced(record, request.node, request.names);
                });
}

absl::StatusOr<RequestResult> ChangeRequests::renew(std::string_view tenant,
                                                    std::string_view name) {
  const base::MutexLock lock(requests_);
  return change(tenant, name, OperationKind::Renew, "certificates", std::nullopt,
                [](const ClusterRecord& record) { return with_renewal(record); });
}

absl::Status ChangeRequests::cancel(std::string_view operation_id) {
  if (const auto found = registry_.find_operation(operation_id)) {
    return found->engine->cancel(operation_id);
  }
  const auto ended = history_.find(operation_id);
  return ended ? refusal(*ended, fmt::format("is {}", to_string(ended->state)))
               : no_operation(operation_id);
}

// What the agent began by itself (a repair of what a cancelled change had left) is no later
// request.
absl::StatusOr<OperationView> ChangeRequests::latest_request(std::string_view operation_id) const {
  if (auto found = registry_.find_operation(operation_id)) return std::move(found->view);
  auto ended = history_.find(operation_id);
  if (!ended) return no_operation(operation_id);
  const auto engine = registry_.find(ended->tenant, ended->cluster_name);
  if (engine == nullptr || engine->id() != ended->cluster_id) {
    return refusal(*ended, "is of a cluster that is no more");
  }
  std::vector<OperationView> since = history_.since(*ended);
  for (OperationView& operation : engine->operations()) since.push_back(std::move(operation));
  for (const OperationView& later : since) {
    if (later.kind == OperationKind::Repair) continue;
    return refusal(*ended, fmt::format("is not the latest that was asked for of its cluster: {} "
                                       "{} is",
                                       to_string(later.kind), later.id));
  }
  return *std::move(ended);
}

absl::StatusOr<RequestResult> ChangeRequests::retry(std::string_view operation_id) {
  MEX_ASSIGN_OR_RETURN(const OperationView operation, latest_request(operation_id));
  MEX_RETURN_IF_ERROR(check_retried(operation));
  if (operation.kind == OperationKind::Renew) {
    return renew(operation.tenant, operation.cluster_name);
  }
  return operation.kind == OperationKind::Scale
             ? scale(operation.tenant, operation.cluster_name, *operation.request)
             : replace(operation.tenant, operation.cluster_name, *operation.request);
}

}  // namespace mex::cluster
