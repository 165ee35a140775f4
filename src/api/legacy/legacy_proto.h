#pragma once

// What /v1/status shows, in the messages of package api. Any thread.

#include "cluster/records/views.h"
#include "mexosagent.pb.h"
#include "routing/proxy_routes.h"

namespace mex::api {

::api::Provision to_provision(const cluster::ClusterView& view);
::api::Proxy to_proxy(const routing::ProxyRouteView& view);

}  // namespace mex::api
