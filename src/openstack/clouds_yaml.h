#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "openstack/settings.h"

namespace mex::openstack {

struct CloudEntry {
  std::string cloud;  // its name in the file
  Settings settings;
};

// Reads one cloud's entry from the text of a clouds.yaml. `cloud` "" = the only one in the file.
// InvalidArgument names the file, and the line or the key; NotFound if the file has no such cloud;
// FailedPrecondition, listing the names, if one of several must be chosen.
absl::StatusOr<CloudEntry> parse_clouds_yaml(std::string_view text, std::string_view file,
                                             std::string_view cloud);

// Finds the file (OS_CLIENT_CONFIG_FILE, or clouds.yaml / clouds.yml in the working directory,
// $XDG_CONFIG_HOME or ~/.config under openstack/, /etc/openstack), reads the entry, and adds what
// secure.yaml (OS_CLIENT_SECURE_FILE, or beside it on the same path) has for it.
// NotFound if there is no such file.
absl::StatusOr<Settings> find_clouds_yaml(const Variables& environment, std::string_view cloud);

}  // namespace mex::openstack
