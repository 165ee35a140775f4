#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "access/principal.h"
#include "cluster/engine/manager.h"
#include "mexosagent/v1/operations.pb.h"

// The resource operations of package mexosagent.v1, without gRPC. Thread-safe.
namespace mex::api {

// The page of `newest_first` that is asked for. InvalidArgument: page_size is negative, or
// page_token is of no operation that is still known.
absl::StatusOr<::mexosagent::v1::ListOperationsResponse> operations_page(
    std::vector<cluster::OperationView> newest_first,
    const ::mexosagent::v1::ListOperationsRequest& request);

absl::StatusOr<::mexosagent::v1::ListOperationsResponse> list_operations(
    const access::Principal& caller, const cluster::Manager& clusters,
    const ::mexosagent::v1::ListOperationsRequest& request);
// NotFound.
absl::StatusOr<::mexosagent::v1::Operation> get_operation(
    const access::Principal& caller, const cluster::Manager& clusters,
    const ::mexosagent::v1::GetOperationRequest& request);

// Errors as ChangeRequests::cancel.
absl::StatusOr<::mexosagent::v1::Operation> cancel_operation(
    const access::Principal& caller, cluster::Manager& clusters,
    const ::mexosagent::v1::CancelOperationRequest& request);
// Errors as ChangeRequests::retry.
absl::StatusOr<::mexosagent::v1::Operation> retry_operation(
    const access::Principal& caller, cluster::Manager& clusters,
    const ::mexosagent::v1::RetryOperationRequest& request);

}  // namespace mex::api
