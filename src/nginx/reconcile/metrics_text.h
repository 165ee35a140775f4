#pragma once

#include <string>
#include <vector>

#include "nginx/reconcile/instances.h"

namespace mex::nginx {

// The instances in the Prometheus text format 0.0.4, "" without any. Series go when their instance
// does, which is why they are not metrics:: ones.
std::string metrics_text(const std::vector<InstanceView>& instances);

}  // namespace mex::nginx
