#pragma once

#include <string>
#include <vector>

#include "nginx/reconcile/instances.h"

namespace mex::nginx {

// The instances in the Prometheus text format 0.0.4, "" without any. They are not in the registry
// of metrics::, which keeps a series for ever: these go when their instance does.
std::string metrics_text(const std::vector<InstanceView>& instances);

}  // namespace mex::nginx
