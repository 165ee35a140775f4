#pragma once

#include <string_view>
#include <vector>

#include "cluster/plan/plan.h"
#include "cluster/records/inventory.h"
#include "cluster/spec/spec.h"

// The way back to nothing, and the audit that says what is left. Pure.
namespace mex::cluster {

// One list per kind that the cluster has, all at once, each after the steps `after`. `step` is
// FindOwned or Audit.
std::vector<PlannedStep> plan_inventory(const ClusterSpec& spec, StepKind step,
                                        const std::vector<StepKey>& after);

// The look-ups a destroy begins with.
std::vector<PlannedStep> plan_destroy_discovery(const ClusterSpec& spec);

// What an operation ends with: the inventory once more, and not before calls whose answers were
// lost can have taken effect (`has_unknown_calls`).
std::vector<PlannedStep> plan_audit(const ClusterSpec& spec, bool has_unknown_calls);

struct Removal {
  Plan plan;                              // empty: nothing of ours is left
  std::vector<ObservedResource> found;    // ours by two proofs
  std::vector<ObservedResource> refused;  // one proof only: left alone, reported
};

// Nothing is removed without two proofs; see OwnedResource.
Removal plan_destroy(const Inventory& inventory, const ResourceIds& journal,
                     const ClusterSpec& spec, std::string_view cluster_id);

// For resources of a cluster that the agent has no record of; `inventory` is what is to go.
Removal plan_removal_of_orphans(const Inventory& inventory, std::string_view cluster_id);

// Removes what `choose` found to be double, by the same proofs.
Plan plan_removal_of_duplicates(const std::vector<ObservedResource>& duplicates,
                                const ResourceIds& journal, const ClusterSpec& spec,
                                std::string_view cluster_id);

}  // namespace mex::cluster
