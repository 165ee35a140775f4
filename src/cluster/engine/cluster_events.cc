#include "cluster/engine/cluster_events.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "cluster/health/certificates.h"
#include "cluster/health/conditions.h"
#include "events/subject_kinds.h"

namespace mex::cluster {
namespace {

// "CreateFailed"
std::string event_reason(OperationKind kind, std::string_view what) {
  std::string word(to_string(kind));
  word.front() = static_cast<char>(word.front() - 'a' + 'A');
  return fmt::format("{}{}", word, what);
}

std::string operation_text(const OperationRecord& operation) {
  return fmt::format("operation {}{}{}", operation.id, operation.subject.empty() ? "" : ", ",
                     operation.subject);
}

// Null if it is not there yet, or not known for the moment.
const Reason* certificates_reason(const ClusterRecord& cluster) {
  for (const ConditionView& each : cluster.conditions) {
    if (each.type != kCertificatesValid) continue;
    return each.status == to_string(Truth::Unknown) ? nullptr : &each.reason;
  }
  return nullptr;
}

}  // namespace

ClusterEvents::ClusterEvents(events::Recorder recorder, const ClusterRecord& cluster)
    : recorder_(recorder),
      subject_{.kind = events::kCluster, .name = cluster.spec.name, .tenant = cluster.spec.tenant},
      emitted_readiness_(readiness_of(cluster.conditions)) {
  const Reason* reason = certificates_reason(cluster);
  emitted_certificates_ = reason == nullptr ? kCertificatesInTime : reason->code;
}

void ClusterEvents::emit_started(const OperationRecord& operation) const {
  recorder_.normal(subject_, event_reason(operation.kind, "Begun"), operation_text(operation));
}

void ClusterEvents::emit_blocked(const OperationRecord& operation, const StepView& step) const {
  recorder_.warning(subject_, event_reason(operation.kind, "Blocked"),
                    fmt::format("{}: {}", step.name, step.reason.message));
}

void ClusterEvents::emit_ended(const OperationRecord& operation) const {
  const std::string& why = operation.reason.message;
  const std::string message =
      fmt::format("{}{}{}", operation_text(operation), why.empty() ? "" : ": ", why);
  if (operation.state == OperationState::Failed) {
    recorder_.warning(subject_, event_reason(operation.kind, "Failed"), message);
  } else if (operation.state == OperationState::Cancelled) {
    recorder_.normal(subject_, event_reason(operation.kind, "Cancelled"), message);
  } else {
    recorder_.normal(subject_, event_reason(operation.kind, "Done"), message);
  }
}

void ClusterEvents::emit_repair_note(const std::string& note) {
  if (std::exchange(emitted_repair_note_, note) == note || note.empty()) return;
  recorder_.warning(subject_, "RepairSuspended", note);
}

void ClusterEvents::emit_drift(const std::string& deviations) {
  if (std::exchange(emitted_drift_, deviations) == deviations || deviations.empty()) return;
  recorder_.warning(subject_, "Drifted", deviations);
}

void ClusterEvents::emit_certificates(const ClusterRecord& cluster) {
  const Reason* reason = certificates_reason(cluster);
  if (reason == nullptr || cluster.phase == ClusterPhase::Destroying ||
      std::exchange(emitted_certificates_, reason->code) == reason->code) {
    return;
  }
  if (reason->code == kCertificatesInTime) {
    recorder_.normal(subject_, "CertificatesInTime", reason->message);
  } else {
    recorder_.warning(subject_, reason->code, fmt::format("{}; {}", reason->message, reason->next));
  }
}

void ClusterEvents::emit_readiness(const ClusterRecord& cluster) {
  const std::string readiness = readiness_of(cluster.conditions);
  if (readiness.empty() || readiness == emitted_readiness_) return;
  const bool was_ready = emitted_readiness_ == to_string(Truth::True);
  emitted_readiness_ = readiness;
  if (readiness == to_string(Truth::True)) {
    recorder_.normal(subject_, "Ready", "everything is measured to be in order");
  } else if (was_ready && cluster.phase != ClusterPhase::Destroying) {
    const auto ready = std::find_if(cluster.conditions.begin(), cluster.conditions.end(),
                                    [](const ConditionView& each) { return each.type == kReady; });
    recorder_.warning(subject_, "NotReady", ready->reason.message);
  }
}

}  // namespace mex::cluster
