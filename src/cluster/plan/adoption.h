#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "cluster/plan/discovered.h"
#include "cluster/plan/plan.h"
#include "cluster/records/records.h"

// Chosen once: the ids of images, Nova flavors, networks and the key are kept with the cluster, and
// whatever is made later is made of the same, whatever their names mean by then. Pure.
namespace mex::cluster {

// The ids that a plan was made with are the cluster's from now on: those of all nodes after a
// create, of the nodes that join after another operation, and those that a change has named.
void keep_choices(ClusterRecord& cluster, const Discovered& discovered, OperationKind kind);

// A failed create is tried again with `cluster.spec`, which has no ids yet: what some server of
// `failed` was made of stays for all nodes that have it under the same name, and everything that
// nothing was made of may be chosen anew. The same goes for networks, router and key.
void keep_choices_in_use(ClusterRecord& cluster, const ClusterRecord& failed);

// Records of versions that kept no ids get them from what is there, before anything else is
// discovered. Their names are not looked up for it: they may mean something else by now.
bool needs_adoption(const ClusterRecord& cluster, OperationKind kind);
std::vector<PlannedStep> plan_adoption(const ClusterRecord& cluster);

// `discovered` is what those steps found. A node that has no server any more is made of what the
// others of its pool, or else of its cluster, have under that name.
//   FailedPrecondition  no server is there that would tell what a node that joins is made of, or no
//                       port that would tell its network: what can be done is said
absl::Status adopt(ClusterRecord& cluster, const Discovered& discovered, OperationKind kind);

}  // namespace mex::cluster
