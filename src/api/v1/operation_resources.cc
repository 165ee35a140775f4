#include "api/v1/operation_resources.h"

#include <algorithm>
#include <string>

#include "api/v1/operation_proto.h"
#include "api/v1/page_size.h"
#include "api/v1/tenant_filter.h"
#include "base/log.h"
#include "base/status.h"
#include "cluster/engine/change_requests.h"

namespace mex::api {
namespace {

namespace v1 = ::mexosagent::v1;

bool is_selected(const cluster::OperationView& operation,
                 const v1::ListOperationsRequest& request) {
  return (is_all_tenants(request.tenant()) || operation.tenant == request.tenant()) &&
         (request.cluster().empty() || operation.cluster_name == request.cluster());
}

}  // namespace

absl::StatusOr<v1::ListOperationsResponse> operations_page(
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
    if (!is_selected(*next, request)) continue;
    if (reply.operations_size() == page) {
      reply.set_next_page_token(reply.operations(page - 1).id());
      break;
    }
    *reply.add_operations() = to_proto(*next);
  }
  return reply;
}

absl::StatusOr<v1::ListOperationsResponse> list_operations(
    const access::Principal&, const cluster::Manager& clusters,
    const v1::ListOperationsRequest& request) {
  return operations_page(clusters.operations(), request);
}

absl::StatusOr<v1::Operation> get_operation(const access::Principal&,
                                            const cluster::Manager& clusters,
                                            const v1::GetOperationRequest& request) {
  MEX_ASSIGN_OR_RETURN(const cluster::OperationView view, clusters.operation(request.id()));
  return to_proto(view);
}

absl::StatusOr<v1::Operation> cancel_operation(const access::Principal& caller,
                                               cluster::Manager& clusters,
                                               const v1::CancelOperationRequest& request) {
  MEX_RETURN_IF_ERROR(clusters.changes().cancel(request.id()));
  log::info("an operation was cancelled", {{"operation", request.id()}, {"caller", caller.name}});
  MEX_ASSIGN_OR_RETURN(const cluster::OperationView view, clusters.operation(request.id()));
  return to_proto(view);
}

absl::StatusOr<v1::Operation> retry_operation(const access::Principal&, cluster::Manager& clusters,
                                              const v1::RetryOperationRequest& request) {
  MEX_ASSIGN_OR_RETURN(const cluster::RequestResult accepted,
                       clusters.changes().retry(request.id()));
  MEX_ASSIGN_OR_RETURN(const cluster::OperationView view,
                       clusters.operation(accepted.operation_id));
  return to_proto(view);
}

}  // namespace mex::api
