#pragma once

// Clusters as messages of the API. Any thread.

#include "cluster/records/views.h"
#include "mexosagent/v1/clusters.pb.h"
#include "mexosagent/v1/conditions.pb.h"

namespace mex::api {

::mexosagent::v1::Cluster to_proto(const cluster::ClusterView& view);
::mexosagent::v1::Cluster::State to_proto(cluster::ClusterPhase phase);

::mexosagent::v1::Reason to_proto(const cluster::Reason& reason);
// Whether a reason says anything; messages leave the others out.
bool is_worth_showing(const cluster::Reason& reason);

}  // namespace mex::api
