#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "openstack/call_context.h"
#include "openstack/neutron_types.h"

namespace mex::openstack {

class Session;

struct VolumeQuotas {
  Quota volumes;
  Quota gigabytes;
};

struct Volume {
  std::string id;
  std::string name;
  std::string description;
  std::string status;  // "creating", "downloading", "available", "in-use", "error", … as Cinder's
};

struct NewVolume {
  std::string name;
  std::string description;
  std::string image_id;  // whose contents it gets
  std::int64_t size_gib = 0;
  std::string type;                             // Cinder's; "" = its default
  std::string availability_zone;                // Cinder's; "" = its default
  std::map<std::string, std::string> metadata;  // at most 255 bytes each, keys and values
};

// Cinder, API v3. Thread-safe. Lists are whole. Errors as in error.h.
class Cinder {
 public:
  // `session` outlives this object.
  explicit Cinder(Session& session);

  // Whether the cloud has it.
  absl::StatusOr<bool> is_there(const CallContext& context);

  // Limits and use of the session's project.
  absl::StatusOr<VolumeQuotas> quotas(const CallContext& context);
  // The names of those that are available.
  absl::StatusOr<std::vector<std::string>> list_availability_zones(const CallContext& context);

  // Asks for a volume, which is made after that.
  absl::StatusOr<Volume> create_volume(const NewVolume& volume, const CallContext& context);
  // Of that name; all of the project if it is empty.
  absl::StatusOr<std::vector<Volume>> list_volumes(const std::string& name,
                                                   const CallContext& context);
  absl::StatusOr<Volume> get_volume(const std::string& id, const CallContext& context);
  // Starts the deletion; success if the volume is not there. InvalidArgument while it is in use.
  absl::Status delete_volume(const std::string& id, const CallContext& context);
  // What Cinder tells the project's users about that volume, the last of it; "" if that is nothing.
  absl::StatusOr<std::string> last_message(const std::string& id, const CallContext& context);

 private:
  Session& session_;
};

}  // namespace mex::openstack
