#pragma once

#include <memory>
#include <string>

#include "cluster/engine/manager_context.h"

namespace mex::agent {

// Fills in what `context` says of the cloud: MEX_K8SOS_ENV, OS_* or clouds.yaml, then
// MEX_K8SOS_CONFIG and MEX_K8SOS_USERDATA. A fault is logged and kept as the reason why clusters
// cannot be created: the proxy and the API run without it.
void configure_cloud(cluster::ManagerContext& context);

}  // namespace mex::agent
