#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "cluster/audit/cluster_audit.h"
#include "cluster/engine/cluster_credentials.h"
#include "cluster/engine/cluster_events.h"
#include "cluster/engine/cluster_records.h"
#include "cluster/engine/engine_context.h"
#include "cluster/engine/operation_machine.h"
#include "cluster/engine/repair_advisor.h"
#include "cluster/observation/cluster_observations.h"
#include "cluster/steps/project_inventory.h"

namespace mex::cluster {

// Begins the operations of one cluster that no one asked for: what observations show to be broken,
// what a change that failed has left, what an audit finds. Not thread-safe.
class UnaskedRepairs {
 public:
  // All references outlive this object.
  UnaskedRepairs(EngineContext& context, ClusterRecords& records,
                 const ClusterCredentials& credentials, ClusterEvents& events,
                 ClusterObservations& observed, OperationMachine& machine);

  // Something was observed.
  void consider();

  // An audit begins: what the journal names.
  std::vector<ExpectedResource> begin_audit();
  // What it has seen. True if the next look decides whether something is so.
  bool audit(const ProjectInventory& seen);
  // Sets the condition InSync; true if it changed.
  bool update_condition(std::vector<ConditionView>& conditions) const {
    return audit_.update_condition(conditions);
  }

 private:
  bool is_at_rest() const;
  void begin(ClusterRecord cluster, std::string subject);

  EngineContext& context_;
  ClusterRecords& records_;
  const ClusterCredentials& credentials_;
  ClusterEvents& events_;
  ClusterObservations& observed_;
  OperationMachine& machine_;
  RepairAdvisor advisor_;
  ClusterAudit audit_;
};

}  // namespace mex::cluster
