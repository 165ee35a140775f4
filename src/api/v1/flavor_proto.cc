#include "api/v1/flavor_proto.h"

#include "api/v1/record_proto.h"
#include "api/v1/timestamp.h"

namespace mex::api {

namespace v1 = ::mexosagent::v1;

v1::Flavor to_proto(const cluster::FlavorRecord& record) {
  v1::Flavor message;
  write_message(record.flavor, message);
  message.set_revision(record.revision);
  message.set_built_in(record.is_built_in);
  if (!record.is_built_in) {
    *message.mutable_created_at() = timestamp(record.created);
    *message.mutable_changed_at() = timestamp(record.changed);
  }
  return message;
}

absl::StatusOr<cluster::ClusterFlavor> flavor_of(const v1::Flavor& message) {
  cluster::ClusterFlavor flavor;
  MEX_RETURN_IF_ERROR(read_message(message, flavor, "flavor"));
  return flavor;
}

}  // namespace mex::api
