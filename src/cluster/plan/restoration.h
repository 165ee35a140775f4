#pragma once

#include <optional>
#include <vector>

#include "cluster/records/inventory.h"
#include "cluster/records/records.h"
#include "cluster/spec/spec.h"

// The record that a repair makes true after an audit. Pure.
namespace mex::cluster {

// The node of a server or port that has a name as the cluster's nodes have them, but is none of
// those that are wanted; nothing for any other resource.
std::optional<NodeSpec> node_not_wanted(const ClusterRecord& record,
                                        const ObservedResource& resource);

// What is named is set again, and those nodes leave. Second resources for one place need no entry:
// every operation that sees them removes them.
ClusterRecord restored(const ClusterRecord& record, const std::vector<Restoration>& restorations,
                       const std::vector<NodeSpec>& nodes_not_wanted);

}  // namespace mex::cluster
