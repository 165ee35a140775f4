#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "openstack/call_context.h"

namespace mex::openstack {

class Session;

struct Image {
  std::string id;
  std::string name;
  std::string status;  // only "active" can be booted
  std::string owner;   // project id
  std::int64_t min_ram_mib = 0;
  std::int64_t min_disk_gib = 0;
  std::int64_t bytes = 0;  // that its disk has when it is unpacked, as far as Glance knows; 0 = not
};

// Glance, API v2. Thread-safe. Errors as in error.h.
class Glance {
 public:
  // `session` outlives this object.
  explicit Glance(Session& session);

  // The image of that id, or else of that name, which may have any characters. Where several images
  // have the name, the only active one is meant; two active ones are FailedPrecondition, with the
  // ids to choose from.
  absl::StatusOr<Image> find_image(const std::string& name_or_id, const CallContext& context);
  // The image of that id alone. NotFound.
  absl::StatusOr<Image> get_image(const std::string& id, const CallContext& context);

  // All images that the project may use.
  absl::StatusOr<std::vector<Image>> list_images(const CallContext& context);

 private:
  Session& session_;
};

}  // namespace mex::openstack
