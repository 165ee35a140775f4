#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "openstack/glance.h"

namespace mex::openstack {

// Reading never throws: Internal names the faulty member.
absl::StatusOr<Image> image_from_json(const nlohmann::json& json);

// The image that `name` means among `images`, which all have that name: the only active one, or the
// only one. NotFound if there is none, FailedPrecondition with the ids if it is not clear.
absl::StatusOr<Image> choose_image(const std::vector<Image>& images, const std::string& name);

}  // namespace mex::openstack
