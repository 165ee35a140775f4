#pragma once

#include "absl/status/statusor.h"
#include "access/principal.h"
#include "cluster/engine/manager.h"
#include "mexosagent/v1/clusters.pb.h"
#include "mexosagent/v1/files.pb.h"
#include "mexosagent/v1/operations.pb.h"

// The resource clusters of package mexosagent.v1, without gRPC. Thread-safe.
namespace mex::api {

::mexosagent::v1::ListClustersResponse list_clusters(
    const access::Principal& caller, const cluster::Manager& clusters,
    const ::mexosagent::v1::ListClustersRequest& request);
absl::StatusOr<::mexosagent::v1::Cluster> get_cluster(
    const access::Principal& caller, const cluster::Manager& clusters,
    const ::mexosagent::v1::GetClusterRequest& request);
absl::StatusOr<::mexosagent::v1::File> get_kubeconfig(
    const access::Principal& caller, const cluster::Manager& clusters,
    const ::mexosagent::v1::GetKubeconfigRequest& request);

absl::StatusOr<::mexosagent::v1::Operation> scale_worker_pool(
    const access::Principal& caller, cluster::Manager& clusters,
    const ::mexosagent::v1::ScaleWorkerPoolRequest& request);
absl::StatusOr<::mexosagent::v1::Operation> replace_node(
    const access::Principal& caller, cluster::Manager& clusters,
    const ::mexosagent::v1::ReplaceNodeRequest& request);
absl::StatusOr<::mexosagent::v1::Operation> renew_certificates(
    const access::Principal& caller, cluster::Manager& clusters,
    const ::mexosagent::v1::RenewCertificatesRequest& request);

}  // namespace mex::api
