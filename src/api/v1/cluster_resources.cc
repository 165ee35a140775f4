#include "api/v1/cluster_resources.h"

#include <fmt/format.h>

#include <optional>
#include <string>

#include "api/v1/cluster_proto.h"
#include "api/v1/operation_proto.h"
#include "api/v1/tenant_filter.h"
#include "base/secret.h"
#include "base/status.h"
#include "cluster/engine/change_requests.h"

namespace mex::api {

namespace v1 = ::mexosagent::v1;

namespace {

// Of a request that names image, flavor and key pair.
template <typename Request>
cluster::NewNames names_of(const Request& request) {
  cluster::NewNames names{
      .image = request.image(), .nova_flavor = request.flavor(), .key_pair = std::nullopt};
  if (request.has_key_pair()) names.key_pair = request.key_pair().value();
  return names;
}

}  // namespace

v1::ListClustersResponse list_clusters(const access::Principal&, const cluster::Manager& clusters,
                                       const v1::ListClustersRequest& request) {
  v1::ListClustersResponse reply;
  for (const auto& view :
       clusters.clusters(is_all_tenants(request.tenant()) ? "" : request.tenant())) {
    *reply.add_clusters() = to_proto(view);
  }
  return reply;
}

absl::StatusOr<v1::Cluster> get_cluster(const access::Principal&, const cluster::Manager& clusters,
                                        const v1::GetClusterRequest& request) {
  // Clients that were built before the field `cluster` send `name`.
  const std::string& name = request.cluster().empty() ? request.name() : request.cluster();
  MEX_ASSIGN_OR_RETURN(const cluster::ClusterView view, clusters.cluster(request.tenant(), name));
  return to_proto(view);
}

absl::StatusOr<v1::File> get_kubeconfig(const access::Principal&, const cluster::Manager& clusters,
                                        const v1::GetKubeconfigRequest& request) {
  MEX_ASSIGN_OR_RETURN(const base::Secret kubeconfig,
                       clusters.kubeconfig(request.tenant(), request.cluster()));
  v1::File file;
  file.set_name(fmt::format("{}.{}.kubeconfig", request.cluster(), request.tenant()));
  file.set_content_type("application/yaml");  // RFC 9512
  file.set_content(kubeconfig.reveal());
  return file;
}

absl::StatusOr<v1::Operation> scale_worker_pool(const access::Principal&,
                                                cluster::Manager& clusters,
                                                const v1::ScaleWorkerPoolRequest& request) {
  // A count that is left out must not mean 0.
  if (!request.has_count()) return base::field_error("count", "is missing");
  cluster::ChangeRequest change;
  change.pool = request.pool();
  change.count = request.count().value();
  change.names = names_of(request);
  change.is_kept = request.keep();
  MEX_ASSIGN_OR_RETURN(const cluster::RequestResult accepted,
                       clusters.changes().scale(request.tenant(), request.cluster(), change));
  MEX_ASSIGN_OR_RETURN(const auto operation, clusters.operation(accepted.operation_id));
  return to_proto(operation);
}

absl::StatusOr<v1::Operation> replace_node(const access::Principal&, cluster::Manager& clusters,
                                           const v1::ReplaceNodeRequest& request) {
  cluster::ChangeRequest change;
  change.node = request.node();
  change.names = names_of(request);
  MEX_ASSIGN_OR_RETURN(const cluster::RequestResult accepted,
                       clusters.changes().replace(request.tenant(), request.cluster(), change));
  MEX_ASSIGN_OR_RETURN(const auto operation, clusters.operation(accepted.operation_id));
  return to_proto(operation);
}

absl::StatusOr<v1::Operation> renew_certificates(const access::Principal&,
                                                 cluster::Manager& clusters,
                                                 const v1::RenewCertificatesRequest& request) {
  MEX_ASSIGN_OR_RETURN(const cluster::RequestResult accepted,
                       clusters.changes().renew(request.tenant(), request.cluster()));
  MEX_ASSIGN_OR_RETURN(const auto operation, clusters.operation(accepted.operation_id));
  return to_proto(operation);
}

}  // namespace mex::api
