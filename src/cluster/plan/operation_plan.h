#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cluster/plan/create_plan.h"
#include "cluster/plan/discovered.h"
#include "cluster/plan/plan.h"
#include "cluster/records/inventory.h"
#include "cluster/records/records.h"

// The plans of a cluster's operations, made from its record and from what was discovered. Pure.
namespace mex::cluster {

// What the operation has to find out first. Empty for a cluster of which nothing was ever asked of
// the cloud and that is to be destroyed: no cloud is needed for that.
std::vector<PlannedStep> plan_discovery(const ClusterRecord& cluster, OperationKind kind);

// What is there of a cluster, divided by what an operation other than a destroy does with it.
struct PresentResources {
  ResourceIds journal;           // what the journal is from now on: all of it but stale volumes
  ResourceIds kept;              // the part that counts and stays
  BrokenServers broken;          // to be made anew: servers in ERROR, and those of failed nodes
  OwnedResources owned;          // of nodes that leave
  OwnedResources stale_volumes;  // to be made anew: see CreateInput
  // What would have to go, but a proof of ownership is missing.
  std::vector<ObservedResource> unproven;
  bool has_duplicates = false;
};

// Which of two servers for one place counts while such an operation runs.
Precedence precedence_in(OperationKind kind);

// Scale, replace and repair leave the nodes alone that they do not bring, whatever has become of
// them: what they do not see of those stays in the journal.
PresentResources present_resources(const ClusterRecord& cluster, OperationKind kind,
                                   const Inventory& inventory);

// Nova adds no server to a server group later: nodes that join are not kept apart from those of a
// group that is gone. With strict anti-affinity that is not done without a word:
// FailedPrecondition, except for a replacement, which a caller asked for. `cluster` is as it was
// before `present` was taken over.
absl::Status check_server_groups(const ClusterRecord& cluster, OperationKind kind,
                                 const PresentResources& present);

// Errors as plan_create, plan_update,
// and FailedPrecondition with the code "NotOwned" if something that would have to go is unproven.
struct OperationPlanInput {
  const ClusterRecord& cluster;
  OperationKind kind = OperationKind::Create;
  const Discovered& discovered;
  const PresentResources& present;
  const std::string& agent_id;
  const std::string& user_data;  // of unmanaged servers
};
absl::StatusOr<Plan> plan_operation(const OperationPlanInput& input);

}  // namespace mex::cluster
