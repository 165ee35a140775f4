#pragma once

#include <string>

#include "cluster/records/records.h"
#include "events/recorder.h"

namespace mex::cluster {

// The events of one cluster: what becomes of its operations, and whether it is Ready. Not
// thread-safe.
class ClusterEvents {
 public:
  ClusterEvents(events::Recorder recorder, const ClusterRecord& cluster);

  void emit_started(const OperationRecord& operation) const;
  void emit_blocked(const OperationRecord& operation, const StepView& step) const;
  void emit_ended(const OperationRecord& operation) const;
  // If it is another text than the last one: why broken workers are not replaced.
  void emit_repair_note(const std::string& note);
  // Likewise: what is not as the agent made it.
  void emit_drift(const std::string& deviations);
  // If what is said of the cluster's certificates is worse or better than the last time.
  void emit_certificates(const ClusterRecord& cluster);
  // If it is another than the last one. Not while the cluster is made, nor what is not known for a
  // moment: after a restart, or while a call is under way.
  void emit_readiness(const ClusterRecord& cluster);

 private:
  const events::Recorder recorder_;
  const events::Subject subject_;
  std::string emitted_repair_note_;
  std::string emitted_drift_;
  std::string emitted_certificates_;  // the code of what was said last
  std::string emitted_readiness_;     // True or False, as it was emitted last; empty before
};

}  // namespace mex::cluster
