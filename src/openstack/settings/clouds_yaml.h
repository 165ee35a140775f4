#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "openstack/settings/settings.h"

namespace mex::openstack {

using SettingValues = std::map<std::string, std::string, std::less<>>;

// A region that an entry knows, with the settings that hold there alone.
struct CloudRegion {
  std::string name;
  SettingValues values;
};

struct CloudEntry {
  std::string cloud;  // its name in the file
  Settings settings;  // those of "auth" among them
  std::vector<CloudRegion> regions;
};

// Reads one cloud's entry from the text of a clouds.yaml. `cloud` "" = the only one in the file.
// InvalidArgument names the file, and the line or the key; NotFound if the file has no such cloud;
// FailedPrecondition, listing the names, if one of several must be chosen.
absl::StatusOr<CloudEntry> parse_clouds_yaml(std::string_view text, std::string_view file,
                                             std::string_view cloud);

// Likewise the profile of that name in a clouds-public.yaml.
absl::StatusOr<CloudEntry> parse_clouds_public_yaml(std::string_view text, std::string_view file,
                                                    std::string_view profile);

// Likewise a file that openstacksdk has for one vendor: "name" and "profile". InvalidArgument if
// the cloud is no more.
absl::StatusOr<CloudEntry> parse_vendor_profile(std::string_view text, std::string_view file);

// One cloud's settings made of what there is of it: its profile (which may be empty), its entry,
// the region. `wanted` is the region asked for; "" = the first that is known, as for openstacksdk.
// InvalidArgument if it is none of them.
absl::StatusOr<Settings> merge_cloud(CloudEntry profile, CloudEntry entry, std::string_view wanted);

}  // namespace mex::openstack
