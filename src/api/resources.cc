#include "api/resources.h"

#include <algorithm>
#include <string>
#include <vector>

#include "api/page_size.h"
#include "api/views.h"
#include "base/json_text.h"
#include "base/secret.h"
#include "base/status.h"

namespace mex::api {
namespace {

namespace v1 = ::mexosagent::v1;

// https://google.aip.dev/159: "-" stands for all parents.
bool is_all(const std::string& tenant) { return tenant.empty() || tenant == "-"; }

bool wanted(const cluster::OperationView& operation, const v1::ListOperationsRequest& request) {
  return (is_all(request.tenant()) || operation.tenant == request.tenant()) &&
         (request.cluster().empty() || operation.cluster_name == request.cluster());
}

}  // namespace

v1::ListClustersResponse list_clusters(const cluster::Manager& clusters,
                                       const v1::ListClustersRequest& request) {
  v1::ListClustersResponse reply;
  for (const auto& view : clusters.clusters(is_all(request.tenant()) ? "" : request.tenant())) {
    *reply.add_clusters() = to_proto(view);
  }
  return reply;
}

absl::StatusOr<v1::Cluster> get_cluster(const cluster::Manager& clusters,
                                        const v1::GetClusterRequest& request) {
  MEX_ASSIGN_OR_RETURN(const cluster::ClusterView view,
                       clusters.cluster(request.tenant(), request.name()));
  return to_proto(view);
}

absl::StatusOr<v1::File> get_kubeconfig(const cluster::Manager& clusters,
                                        const v1::GetKubeconfigRequest& request) {
  MEX_ASSIGN_OR_RETURN(const base::Secret kubeconfig,
                       clusters.kubeconfig(request.tenant(), request.cluster()));
  v1::File file;
  file.set_name(fmt::format("{}.{}.kubeconfig", request.cluster(), request.tenant()));
  file.set_content_type("application/yaml");  // RFC 9512
  file.set_content(kubeconfig.reveal());
  return file;
}

absl::StatusOr<v1::Operation> scale_worker_pool(cluster::Manager& clusters,
                                                const v1::ScaleWorkerPoolRequest& request) {
  // Left out, it must not mean none.
  if (!request.has_count()) return base::field_error("count", "is missing");
  MEX_ASSIGN_OR_RETURN(
      const cluster::RequestResult accepted,
      clusters.scale(request.tenant(), request.cluster(), request.pool(), request.count().value()));
  MEX_ASSIGN_OR_RETURN(const auto operation, clusters.operation(accepted.operation_id));
  return to_proto(operation);
}

absl::StatusOr<v1::Operation> replace_node(cluster::Manager& clusters,
                                           const v1::ReplaceNodeRequest& request) {
  MEX_ASSIGN_OR_RETURN(const cluster::RequestResult accepted,
                       clusters.replace(request.tenant(), request.cluster(), request.node()));
  MEX_ASSIGN_OR_RETURN(const auto operation, clusters.operation(accepted.operation_id));
  return to_proto(operation);
}

absl::StatusOr<v1::ListOperationsResponse> list_operations(
    std::vector<cluster::OperationView> newest_first, const v1::ListOperationsRequest& request) {
  MEX_ASSIGN_OR_RETURN(const int page, page_size_of(request.page_size()));
  auto next = newest_first.begin();
  if (!request.page_token().empty()) {
    next = std::find_if(newest_first.begin(), newest_first.end(),
                        [&](const auto& view) { return view.id == request.page_token(); });
    if (next == newest_first.end()) {
      return base::field_error("page_token", "is of no operation that is still known");
    }
    ++next;
  }
  v1::ListOperationsResponse reply;
  for (; next != newest_first.end(); ++next) {
    if (!wanted(*next, request)) continue;
    if (reply.operations_size() == page) {
      reply.set_next_page_token(reply.operations(page - 1).id());
      break;
    }
    *reply.add_operations() = to_proto(*next);
  }
  return reply;
}

absl::StatusOr<v1::Operation> get_operation(const cluster::Manager& clusters,
                                            const v1::GetOperationRequest& request) {
  MEX_ASSIGN_OR_RETURN(const cluster::OperationView view, clusters.operation(request.id()));
  return to_proto(view);
}

v1::ListProxiesResponse list_proxies(const routing::ProxyRoutes& routes) {
  v1::ListProxiesResponse reply;
  for (const auto& view : routes.list()) *reply.add_proxies() = to_proto(view);
  return reply;
}

absl::StatusOr<v1::ProxyRoute> get_proxy(const routing::ProxyRoutes& routes,
                                         const v1::GetProxyRequest& request) {
  const std::vector<routing::ProxyRouteView> views = routes.list();
  auto found = std::find_if(views.begin(), views.end(), [&](const auto& view) {
    return !view.name.empty() && view.name == request.name();
  });
  if (found == views.end()) {
    found = std::find_if(views.begin(), views.end(), [&](const auto& view) {
      return view.path == request.name() || view.path == "/" + request.name();
    });
  }
  if (found == views.end()) {
    return base::error(absl::StatusCode::kNotFound, "no proxy of name or path {}",
                       base::quoted(request.name()));
  }
  return to_proto(*found);
}

}  // namespace mex::api
