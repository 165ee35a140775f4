#pragma once

// What the engine and the routes show, as messages of the API.

#include "cluster/records/views.h"
#include "mexosagent.pb.h"
#include "mexosagent/v1/clusters.pb.h"
#include "mexosagent/v1/operations.pb.h"
#include "mexosagent/v1/proxies.pb.h"
#include "routing/proxy_routes.h"

namespace mex::api {

::mexosagent::v1::Cluster to_proto(const cluster::ClusterView& view);
::mexosagent::v1::Operation to_proto(const cluster::OperationView& view);
::mexosagent::v1::ProxyRoute to_proto(const routing::ProxyRouteView& view);

// The forms of package api, for /v1/status.
::api::Provision to_provision(const cluster::ClusterView& view);
::api::Proxy to_proxy(const routing::ProxyRouteView& view);

}  // namespace mex::api
