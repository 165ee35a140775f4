#include "cluster/records/views.h"

#include <utility>

namespace mex::cluster {

Reason because(std::string_view code, std::string message) {
  Reason reason;
  reason.message = std::move(message);
  reason.code = code;
  return reason;
}

std::string_view to_string(StepState state) {
  switch (state) {
    case StepState::Pending:
      return "pending";
    case StepState::Running:
      return "running";
    case StepState::Blocked:
      return "blocked";
    case StepState::Done:
      return "done";
    case StepState::Failed:
      return "failed";
    case StepState::Skipped:
      return "skipped";
  }
  return {};
}

std::string_view to_string(OperationKind kind) {
  switch (kind) {
    case OperationKind::Create:
      return "create";
    case OperationKind::Destroy:
      return "destroy";
    case OperationKind::Scale:
      return "scale";
    case OperationKind::Replace:
      return "replace";
    case OperationKind::Repair:
      break;
  }
  return "repair";
}

std::string_view to_string(OperationState state) {
  switch (state) {
    case OperationState::Running:
      return "running";
    case OperationState::Blocked:
      return "blocked";
    case OperationState::Done:
      return "done";
    case OperationState::Failed:
      return "failed";
    case OperationState::Cancelled:
      return "cancelled";
  }
  return {};
}

std::string_view to_string(ClusterPhase phase) {
  switch (phase) {
    case ClusterPhase::Creating:
      return "creating";
    case ClusterPhase::Active:
      return "active";
    case ClusterPhase::Failed:
      return "failed";
    case ClusterPhase::Destroying:
      return "destroying";
  }
  return {};
}

}  // namespace mex::cluster
