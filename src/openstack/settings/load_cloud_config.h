#pragma once

#include "absl/status/statusor.h"
#include "openstack/cloud_config.h"
#include "openstack/settings/variables.h"

namespace mex::openstack {

// Finds and reads the configuration. The first source that is there is used:
//   1. the file named by MEX_K8SOS_ENV (see os_env_file.h; *.yaml, *.yml, *.json: a clouds.yaml)
//   2. OS_CLOUD: that entry of clouds.yaml (see clouds_yaml.h)
//   3. OS_AUTH_URL: the OS_* variables of the environment
//   4. a clouds.yaml on the search path that holds exactly one cloud
// The file of 1 may itself name OS_CLOUD. Values of two sources are not mixed, with two exceptions:
// OS_REGION_NAME beside OS_CLOUD chooses among the cloud's regions, and a setting that a file
// leaves to a terminal or a command, or a password that clouds.yaml does not hold, is taken from
// the environment. FailedPrecondition if there is no source at all; InvalidArgument, naming the
// variable and the source, if one is incomplete or wrong.
absl::StatusOr<CloudConfig> load_cloud_config(const Variables& environment);

}  // namespace mex::openstack
