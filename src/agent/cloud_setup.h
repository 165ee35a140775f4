#pragma once

#include <memory>
#include <string>

#include "cluster/engine/manager_context.h"

namespace mex::agent {

// Fills in what `setup` needs to know of the cloud: MEX_K8SOS_ENV, OS_* or clouds.yaml, then
// MEX_K8SOS_CONFIG and MEX_K8SOS_USERDATA. A fault is logged and kept as the reason why clusters
// cannot be created: the proxy and the API have to run all the same.
void configure_cloud(cluster::ManagerContext& setup);

}  // namespace mex::agent
