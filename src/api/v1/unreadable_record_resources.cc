#include "api/v1/unreadable_record_resources.h"

#include "base/log.h"
#include "base/status.h"

namespace mex::api {
namespace {

namespace v1 = ::mexosagent::v1;

}  // namespace

absl::StatusOr<v1::ListUnreadableRecordsResponse> list_unreadable_records(
    const access::Principal&, const store::Store& store, const v1::ListUnreadableRecordsRequest&) {
  v1::ListUnreadableRecordsResponse reply;
  for (const store::UnreadableRecord& record : store.unreadable_records()) {
    const auto entry = store.get(record.key);
    if (absl::IsNotFound(entry.status())) continue;  // removed just now
    MEX_RETURN_IF_ERROR(entry.status());
    v1::UnreadableRecord& message = *reply.add_records();
    message.set_key(record.key);
    message.set_problem(record.problem);
    message.set_value(entry->value);
  }
  return reply;
}

absl::StatusOr<v1::DeleteUnreadableRecordResponse> delete_unreadable_record(
    const access::Principal& caller, cluster::Manager& clusters,
    const v1::DeleteUnreadableRecordRequest& request) {
  if (request.key().empty()) return base::field_error("key", "must be that of a record");
  MEX_RETURN_IF_ERROR(clusters.discard_unreadable(request.key()));
  log::warning("an unreadable record was removed",
               {{"key", request.key()}, {"caller", caller.name}});
  return v1::DeleteUnreadableRecordResponse();
}

}  // namespace mex::api
