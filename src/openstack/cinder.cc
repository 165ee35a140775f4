#include "openstack/cinder.h"

#include "base/status.h"
#include "openstack/api_call.h"
#include "openstack/json_reader.h"
#include "openstack/session.h"

namespace mex::openstack {

Cinder::Cinder(Session& session) : session_(session) {}

absl::StatusOr<bool> Cinder::is_there(const CallContext& context) {
  return session_.has_service(Service::Volume, context);
}

absl::StatusOr<VolumeQuotas> Cinder::quotas(const CallContext& context) {
  ApiCall call;
  call.service = Service::Volume;
  call.what = "get volume quotas";
  call.path = "/limits";
  MEX_ASSIGN_OR_RETURN(const ApiAnswer answer, session_.call(call, context));
  JsonReader root(answer.body, call.what);
  JsonReader limits(root.object("limits"), "limits");
  JsonReader absolute(limits.object("absolute"), "limits.absolute");
  const auto quota = [&](const char* limit, const char* used) {
    return Quota{.limit = absolute.integer(limit).value_or(-1),
                 .used = absolute.integer(used).value_or(0)};
  };
  const VolumeQuotas quotas{.volumes = quota("maxTotalVolumes", "totalVolumesUsed"),
                            .gigabytes = quota("maxTotalVolumeGigabytes", "totalGigabytesUsed")};
  MEX_RETURN_IF_ERROR(root.status());
  MEX_RETURN_IF_ERROR(limits.status());
  MEX_RETURN_IF_ERROR(absolute.status());
  return quotas;
}

}  // namespace mex::openstack
