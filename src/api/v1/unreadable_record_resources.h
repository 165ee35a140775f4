#pragma once

#include "absl/status/statusor.h"
#include "access/principal.h"
#include "cluster/engine/manager.h"
#include "mexosagent/v1/unreadable_records.pb.h"
#include "store/store.h"

// The resource unreadable-records of package mexosagent.v1, without gRPC. Thread-safe.
namespace mex::api {

// Errors are the store's.
absl::StatusOr<::mexosagent::v1::ListUnreadableRecordsResponse> list_unreadable_records(
    const access::Principal& caller, const store::Store& store,
    const ::mexosagent::v1::ListUnreadableRecordsRequest& request);
// InvalidArgument without a key; NotFound if no record of that key is set aside; Unavailable.
absl::StatusOr<::mexosagent::v1::DeleteUnreadableRecordResponse> delete_unreadable_record(
    const access::Principal& caller, cluster::Manager& clusters,
    const ::mexosagent::v1::DeleteUnreadableRecordRequest& request);

}  // namespace mex::api
