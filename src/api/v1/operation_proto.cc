#include "api/v1/operation_proto.h"

#include <algorithm>
#include <optional>

#include "api/v1/cluster_proto.h"
#include "api/v1/timestamp.h"

namespace mex::api {
namespace {

namespace v1 = ::mexosagent::v1;

v1::Operation::State state_of(cluster::OperationState state) {
  switch (state) {
    case cluster::OperationState::Running:
      return v1::Operation::RUNNING;
    case cluster::OperationState::Blocked:
      return v1::Operation::BLOCKED;
    case cluster::OperationState::Done:
      return v1::Operation::DONE;
    case cluster::OperationState::Failed:
      return v1::Operation::FAILED;
    case cluster::OperationState::Cancelled:
      return v1::Operation::CANCELLED;
  }
  return v1::Operation::STATE_UNSPECIFIED;
}

v1::Operation::Kind kind_of(cluster::OperationKind kind) {
  switch (kind) {
    case cluster::OperationKind::Create:
      return v1::Operation::CREATE;
    case cluster::OperationKind::Destroy:
      return v1::Operation::DESTROY;
    case cluster::OperationKind::Scale:
      return v1::Operation::SCALE;
    case cluster::OperationKind::Replace:
      return v1::Operation::REPLACE;
    case cluster::OperationKind::Repair:
      return v1::Operation::REPAIR;
    case cluster::OperationKind::Renew:
      return v1::Operation::RENEW;
  }
  return v1::Operation::KIND_UNSPECIFIED;
}

v1::OperationStep::State state_of(cluster::StepState state) {
  switch (state) {
    case cluster::StepState::Pending:
      return v1::OperationStep::PENDING;
    case cluster::StepState::Running:
      return v1::OperationStep::RUNNING;
    case cluster::StepState::Blocked:
      return v1::OperationStep::BLOCKED;
    case cluster::StepState::Done:
      return v1::OperationStep::DONE;
    case cluster::StepState::Failed:
      return v1::OperationStep::FAILED;
    case cluster::StepState::Skipped:
      return v1::OperationStep::SKIPPED;
  }
  return v1::OperationStep::STATE_UNSPECIFIED;
}

v1::OperationStep step_of(const cluster::StepView& view) {
  v1::OperationStep step;
  step.set_name(view.name);
  step.set_state(state_of(view.state));
  if (view.started) *step.mutable_started_at() = timestamp(*view.started);
  if (view.ended) *step.mutable_ended_at() = timestamp(*view.ended);
  step.set_attempts(view.attempts);
  if (is_worth_showing(view.reason)) *step.mutable_reason() = api::to_proto(view.reason);
  if (view.retry_at) *step.mutable_retry_at() = timestamp(*view.retry_at);
  step.set_resource_id(view.resource_id);
  step.set_openstack_request_id(view.request_id);
  return step;
}

v1::Audit audit_of(const cluster::AuditView& view) {
  v1::Audit audit;
  audit.mutable_found()->Assign(view.found.begin(), view.found.end());
  audit.mutable_removed()->Assign(view.removed.begin(), view.removed.end());
  audit.mutable_refused()->Assign(view.refused.begin(), view.refused.end());
  return audit;
}

// When the first of the blocked steps is tried again.
std::optional<base::WallTime> next_try(const std::vector<cluster::StepView>& steps) {
  std::optional<base::WallTime> earliest;
  for (const cluster::StepView& step : steps) {
    if (step.state != cluster::StepState::Blocked || !step.retry_at) continue;
    earliest = earliest ? std::min(*earliest, *step.retry_at) : *step.retry_at;
  }
  return earliest;
}

}  // namespace

v1::Operation to_proto(const cluster::OperationView& view) {
  v1::Operation operation;
  operation.set_id(view.id);
  operation.set_kind(kind_of(view.kind));
  operation.set_state(state_of(view.state));
  operation.set_tenant(view.tenant);
  operation.set_cluster(view.cluster_name);
  operation.set_cluster_id(view.cluster_id);
  if (is_worth_showing(view.reason)) *operation.mutable_reason() = to_proto(view.reason);
  if (const auto time = next_try(view.steps)) *operation.mutable_retry_at() = timestamp(*time);
  *operation.mutable_created_at() = timestamp(view.created);
  if (view.ended) *operation.mutable_ended_at() = timestamp(*view.ended);
  operation.set_plan_hash(view.plan_hash);
  operation.set_subject(view.subject);
  operation.set_cancel_requested(view.is_cancel_requested);
  for (const auto& step : view.steps) *operation.add_steps() = step_of(step);
  *operation.mutable_audit() = audit_of(view.audit);
  return operation;
}

}  // namespace mex::api
