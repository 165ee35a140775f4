#pragma once

#include "absl/status/statusor.h"
#include "access/principal.h"
#include "cluster/engine/manager.h"
#include "mexosagent/v1/orphans.pb.h"

// The resource orphans of package mexosagent.v1, without gRPC. Thread-safe.
namespace mex::api {

absl::StatusOr<::mexosagent::v1::ListOrphansResponse> list_orphans(
    const access::Principal& caller, const cluster::Manager& clusters,
    const ::mexosagent::v1::ListOrphansRequest& request);
//   InvalidArgument     there is no id
//   NotFound            names the id that is none of an orphan's: nothing is removed
//   FailedPrecondition  no OpenStack is configured
absl::StatusOr<::mexosagent::v1::RemoveOrphansResponse> remove_orphans(
    const access::Principal& caller, cluster::Manager& clusters,
    const ::mexosagent::v1::RemoveOrphansRequest& request);

}  // namespace mex::api
