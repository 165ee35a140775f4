// What the engine of a cluster tells as events. With the mutex held, as all that it tells of.
#include <algorithm>
#include <utility>

#include "base/status.h"
#include "cluster/engine/cluster_engine.h"
#include "events/subject_kinds.h"

namespace mex::cluster {
namespace {

events::Subject cluster_subject(const ClusterSpec& spec) {
  return {.kind = events::kCluster, .name = spec.name, .tenant = spec.tenant};
}

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

}  // namespace

void ClusterEngine::emit_started() const {
  context_.events.normal(cluster_subject(cluster_.spec), event_reason(operation_.kind, "Begun"),
                         operation_text(operation_));
}

void ClusterEngine::emit_ended() const {
  const events::Subject subject = cluster_subject(cluster_.spec);
  const std::string& why = operation_.reason.message;
  const std::string message =
      fmt::format("{}{}{}", operation_text(operation_), why.empty() ? "" : ": ", why);
  if (operation_.state == OperationState::Failed) {
    context_.events.warning(subject, event_reason(operation_.kind, "Failed"), message);
  } else if (operation_.state == OperationState::Cancelled) {
    context_.events.normal(subject, event_reason(operation_.kind, "Cancelled"), message);
  } else {
    context_.events.normal(subject, event_reason(operation_.kind, "Done"), message);
  }
}

void ClusterEngine::emit_blocked(const StepView& step) const {
  context_.events.warning(cluster_subject(cluster_.spec), event_reason(operation_.kind, "Blocked"),
                          fmt::format("{}: {}", step.name, step.reason.message));
}

// Not while it is made, nor what is not known for a moment: after a restart, or while a call is
// under way.
void ClusterEngine::emit_readiness() {
  const std::string readiness = readiness_of(cluster_.conditions);
  if (readiness.empty() || readiness == emitted_readiness_) return;
  const bool was_ready = emitted_readiness_ == to_string(Truth::True);
  emitted_readiness_ = readiness;
  const events::Subject subject = cluster_subject(cluster_.spec);
  if (readiness == to_string(Truth::True)) {
    context_.events.normal(subject, "Ready", "everything is measured to be in order");
  } else if (was_ready && cluster_.phase != ClusterPhase::Destroying) {
    const auto ready = std::find_if(cluster_.conditions.begin(), cluster_.conditions.end(),
                                    [](const ConditionView& each) { return each.type == kReady; });
    context_.events.warning(subject, "NotReady", ready->reason.message);
  }
}

}  // namespace mex::cluster
