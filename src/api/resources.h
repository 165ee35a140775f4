#pragma once

#include "absl/status/statusor.h"
#include "cluster/engine/manager.h"
#include "mexosagent/v1/clusters.pb.h"
#include "mexosagent/v1/files.pb.h"
#include "mexosagent/v1/operations.pb.h"
#include "mexosagent/v1/proxies.pb.h"
#include "routing/proxy_routes.h"

namespace mex::api {

// The resources of package mexosagent.v1: what the protos say, without gRPC. Thread-safe as what
// they read from.

::mexosagent::v1::ListClustersResponse list_clusters(
    const cluster::Manager& clusters, const ::mexosagent::v1::ListClustersRequest& request);
absl::StatusOr<::mexosagent::v1::Cluster> get_cluster(
    const cluster::Manager& clusters, const ::mexosagent::v1::GetClusterRequest& request);
absl::StatusOr<::mexosagent::v1::File> get_kubeconfig(
    const cluster::Manager& clusters, const ::mexosagent::v1::GetKubeconfigRequest& request);

absl::StatusOr<::mexosagent::v1::Operation> scale_worker_pool(
    cluster::Manager& clusters, const ::mexosagent::v1::ScaleWorkerPoolRequest& request);
absl::StatusOr<::mexosagent::v1::Operation> replace_node(
    cluster::Manager& clusters, const ::mexosagent::v1::ReplaceNodeRequest& request);

// InvalidArgument: page_size is negative, or page_token is of no operation that is still known.
absl::StatusOr<::mexosagent::v1::ListOperationsResponse> list_operations(
    std::vector<cluster::OperationView> newest_first,
    const ::mexosagent::v1::ListOperationsRequest& request);
absl::StatusOr<::mexosagent::v1::Operation> get_operation(
    const cluster::Manager& clusters, const ::mexosagent::v1::GetOperationRequest& request);

::mexosagent::v1::ListProxiesResponse list_proxies(const routing::ProxyRoutes& routes);
absl::StatusOr<::mexosagent::v1::ProxyRoute> get_proxy(
    const routing::ProxyRoutes& routes, const ::mexosagent::v1::GetProxyRequest& request);

}  // namespace mex::api
