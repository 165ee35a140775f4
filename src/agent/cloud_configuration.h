#pragma once

#include <memory>
#include <string>

#include "api/readiness.h"
#include "cluster/engine/manager_context.h"
#include "openstack/cloud_monitor.h"

namespace mex::agent {

// Fills in what `context` says of the cloud: MEX_K8SOS_ENV, OS_* or clouds.yaml, then
// MEX_K8SOS_CONFIG and MEX_K8SOS_USERDATA. A fault is logged and kept as the reason why clusters
// cannot be created: the proxy and the API run without it.
void configure_cloud(cluster::ManagerContext& context);

// Looks at the cloud of `context`, which outlives it, or knows why there is none.
std::unique_ptr<openstack::CloudMonitor> watch_cloud(const cluster::ManagerContext& context);

// The line of /readyz. It takes nothing out of use: the proxy, the API and the clusters that exist
// serve without the cloud. /readyz is open to everyone, so it names the state alone; /v1/cloud and
// the log say the rest.
api::ReadinessPart cloud_readiness(const openstack::CloudView& view);

}  // namespace mex::agent
