#include "cluster/engine/step_decision.h"

#include <variant>

#include "base/status.h"
#include "cluster/engine/cloud_executor.h"
#include "openstack/error.h"

namespace mex::cluster {
namespace {

// Each costs a second of look-ups; what is wrong for good is reported a little later.
constexpr int kMaxReplans = 2;

// Nova answers 400, not 404, when a port or a server group of the request is not there.
bool may_lack_resources(const Action& action, const absl::Status& status) {
  if (!traits_of(action).builds_on_resources) return false;
  return absl::IsNotFound(status) ||
         (std::holds_alternative<CreateServer>(action) && absl::IsInvalidArgument(status));
}

// The action is a call to OpenStack that is no look-up.
bool changes_project(const Action& action) {
  return traits_of(action).changes_cloud && !traits_of(action).needs_api_server;
}

// Credentials that end while a cluster is there, or a Keystone that has lost its keys, are no
// reason to give up what was begun. Before anything was made, a wrong password ends the create at
// once.
bool is_login_awaited(const Action& action, const absl::Status& status,
                      const StepAttemptInfo& attempt) {
  return absl::IsUnauthenticated(status) && attempt.has_cloud_resources &&
         !traits_of(action).needs_api_server;
}

// A cloud that is away comes back, and what was asked for is still wanted then, however long that
// takes. An API server or a web server may be away for good.
std::chrono::milliseconds patience_with(const Action& action, const Timing& timing) {
  if (std::holds_alternative<DrainNode>(action)) return timing.drain;
  const bool is_of_the_cloud =
      !traits_of(action).needs_api_server && !std::holds_alternative<ReadManifest>(action);
  return is_of_the_cloud ? std::chrono::milliseconds::max() : timing.give_up;
}

// Too many requests, or another client has changed the object meanwhile.
bool is_transient_in_kubernetes(const absl::Status& status) {
  return absl::IsResourceExhausted(status) || absl::IsAborted(status);
}

// What is left out of a create rather than failing it: tags are for people, and a quota that the
// cloud does not show is the cloud's to enforce.
bool can_be_left_out(const Action& action, const absl::Status& status) {
  if (std::holds_alternative<TagResource>(action)) return true;
  const bool is_quota =
      std::holds_alternative<ReadComputeQuota>(action) ||
      std::holds_alternative<ReadNetworkQuota>(action);  // Cinder's: see discovery
  return is_quota && (absl::IsPermissionDenied(status) || absl::IsNotFound(status) ||
                      absl::IsUnimplemented(status));
}

}  // namespace

StepDecision decide_next(const Outcome& outcome, const Action& action,
                         const StepAttemptInfo& attempt, const Timing& timing) {
  StepDecision decision;
  if (outcome.not_seen) {
    decision.verdict = Verdict::LookAgain;
    decision.pause = timing.lost_call_tick;
    decision.is_unknown = true;
    return decision;
  }
  // Longer than the cloud ever takes is not waited in silence.
  if (outcome.is_under_way && attempt.waited < timing.give_up) {
    decision.verdict = Verdict::Wait;
    decision.pause = timing.volume_tick;
    return decision;
  }
  if (outcome.has_recovered) {
    decision.verdict = Verdict::Withdraw;
    return decision;
  }
  if (outcome.status.ok()) return decision;
  const bool is_unknown = openstack::outcome_unknown(outcome.status);
  decision.can_come_late = is_unknown && !absl::IsInternal(outcome.status);
  if (traits_of(action).makes_resource && is_unknown) {
    decision.verdict = Verdict::LookAgain;
    decision.pause = timing.lost_call_tick;
    decision.is_unknown = true;
    return decision;
  }
  const bool is_transient =
      openstack::is_transient(outcome.status) || is_unknown ||
      is_login_awaited(action, outcome.status, attempt) ||
      (traits_of(action).needs_api_server && is_transient_in_kubernetes(outcome.status));
  // What is to be removed stays to be removed: whatever stands in the way is shown, and the call is
  // tried again.
  if (attempt.kind == OperationKind::Destroy ||
      (is_transient && attempt.waited < patience_with(action, timing))) {
    decision.verdict = Verdict::Retry;
    decision.pause = retry_pause(timing, attempt.attempts, attempt.seed);
    return decision;
  }
  if (may_lack_resources(action, outcome.status) && attempt.replans < kMaxReplans) {
    decision.verdict = Verdict::Replan;
    return decision;
  }
  if (can_be_left_out(action, outcome.status)) {
    decision.verdict = Verdict::Skip;
    return decision;
  }
  // The cloud ends its work on the lost call; what is refused after that is refused for good.
  if (attempt.may_be_own_refusal && changes_project(action)) {
    decision.verdict = Verdict::Retry;
    decision.pause = timing.first_retry;
    return decision;
  }
  decision.verdict = Verdict::Fail;
  return decision;
}

bool needs_action(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kUnimplemented:
      return true;
    default:
      return base::detail_of(status).cloud_code == kCloudNotConfigured;
  }
}

Reason reason_of(const Outcome& outcome) {
  Reason reason;
  if (outcome.not_seen) {
    reason.message = "the answer of the call was lost; looking whether it took effect";
    reason.code = "OutcomeUnknown";
    return reason;
  }
  const base::ErrorDetail detail = base::detail_of(outcome.status);
  reason.message = base::message_of(outcome.status);
  reason.code = detail.cloud_code.empty() ? absl::StatusCodeToString(outcome.status.code())
                                          : detail.cloud_code;
  reason.request_id = outcome.request_id;
  reason.next = detail.next;
  return reason;
}

}  // namespace mex::cluster
