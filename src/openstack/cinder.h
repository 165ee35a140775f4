#pragma once

#include "absl/status/statusor.h"
#include "openstack/call_context.h"
#include "openstack/neutron_types.h"

namespace mex::openstack {

class Session;

struct VolumeQuotas {
  Quota volumes;
  Quota gigabytes;
};

// Cinder, API v3. Thread-safe. Errors as in error.h. Volumes are made and deleted by Nova with the
// servers that boot from them.
class Cinder {
 public:
  // `session` outlives this object.
  explicit Cinder(Session& session);

  // Whether the cloud has it.
  absl::StatusOr<bool> is_there(const CallContext& context);

  // Limits and use of the session's project.
  absl::StatusOr<VolumeQuotas> quotas(const CallContext& context);

 private:
  Session& session_;
};

}  // namespace mex::openstack
