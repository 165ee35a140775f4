#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "cluster/engine/cluster_endpoints.h"
#include "cluster/health/conditions.h"
#include "cluster/records/records.h"
#include "cluster/records/views.h"

// What the outside sees of a cluster, made from its records and from what was observed. Pure.
namespace mex::cluster {

ClusterView view_of(const ClusterRecord& cluster, const Observation& observation,
                    std::string_view fqdn);

// Blocked, with the step's reason, while a step of a running operation is.
OperationView view_of(const OperationRecord& operation);

// The step whose reason is that of its operation and of its cluster: the first that is blocked,
// also while it is tried again, so that the reason is there until it is over. Null if there is
// none, or the operation has ended.
const StepView* blocked_step(const OperationView& operation);

// Nothing for a cluster that goes away.
std::optional<ClusterEndpoints> endpoints_of(const ClusterRecord& cluster, std::string_view fqdn);

}  // namespace mex::cluster
