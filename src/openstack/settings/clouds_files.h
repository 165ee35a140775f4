#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "openstack/settings/settings.h"

namespace mex::openstack {

// Where Debian's python3-openstacksdk has the profiles of vendors.
inline constexpr std::string_view kVendorProfiles =
    "/usr/lib/python3/dist-packages/openstack/config/vendors";

// Finds the settings of a cloud ("" = the only one) as openstacksdk does: clouds.yaml is
// OS_CLIENT_CONFIG_FILE, or the first of clouds.yaml, clouds.yml and clouds.json in the working
// directory, $XDG_CONFIG_HOME/openstack, ~/.config/openstack, $XDG_CONFIG_DIRS/openstack and
// /etc/openstack. Over the entry comes what secure.yaml (OS_CLIENT_SECURE_FILE, or beside it on the
// same path) has for the cloud, below it what its profile says, which is in a clouds-public.yaml on
// the path or in `vendor_profiles`. OS_REGION_NAME chooses the region.
//
// NotFound if there is no clouds.yaml, or no such cloud in it. Other errors as in clouds_yaml.h; a
// file that is there but cannot be read is one, too.
absl::StatusOr<Settings> find_clouds_yaml(const Variables& environment, std::string_view cloud,
                                          std::string_view vendor_profiles = kVendorProfiles);

}  // namespace mex::openstack
