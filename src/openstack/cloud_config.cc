#include "openstack/cloud_config.h"

#include <cstdlib>

#include "base/file.h"
#include "base/status.h"
#include "openstack/clouds_yaml.h"
#include "openstack/os_env_file.h"
#include "openstack/settings.h"

extern char** environ;

namespace mex::openstack {
namespace {

std::string value_of(const Variables& variables, std::string_view name) {
  const auto found = variables.find(name);
  return found == variables.end() ? std::string() : found->second;
}

absl::StatusOr<CloudConfig> load_from_clouds_yaml(const Variables& environment,
                                                  std::string_view cloud) {
  const auto settings = find_clouds_yaml(environment, cloud);
  if (!settings.ok()) {
    return absl::Status(absl::StatusCode::kInvalidArgument, settings.status().message());
  }
  return config_from_settings(*settings);
}

absl::StatusOr<CloudConfig> load_from_os_env(const std::string& path,
                                             const Variables& environment) {
  const auto text = base::read_file(path);
  if (!text.ok()) {
    return base::error(absl::StatusCode::kInvalidArgument, "MEX_K8SOS_ENV: {}",
                       base::message_of(text.status()));
  }
  MEX_ASSIGN_OR_RETURN(Variables variables, parse_os_env(*text, path));
  if (const std::string cloud = value_of(variables, "OS_CLOUD"); !cloud.empty()) {
    variables.merge(Variables(environment));  // for HOME and the like; the file's own values stay
    return load_from_clouds_yaml(variables, cloud);
  }
  return config_from_settings(settings_from_variables(variables, path));
}

// The choice when the environment names nothing: a file that leaves no choice.
absl::StatusOr<CloudConfig> load_only_cloud(const Variables& environment) {
  const auto settings = find_clouds_yaml(environment, "");
  if (absl::IsNotFound(settings.status())) {
    return absl::FailedPreconditionError(
        "no OpenStack is configured: set MEX_K8SOS_ENV to an os.env file, or OS_CLOUD, or "
        "OS_AUTH_URL and its companions (see k8s-prov/README.md)");
  }
  MEX_RETURN_IF_ERROR(settings.status());
  return config_from_settings(*settings);
}

}  // namespace

std::string_view to_string(Interface interface) {
  switch (interface) {
    case Interface::Internal:
      return "internal";
    case Interface::Admin:
      return "admin";
    case Interface::Public:
      break;
  }
  return "public";
}

Variables process_variables() {
  Variables variables;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    const std::string_view name = text.substr(0, equals);
    if (equals != std::string_view::npos && (name.starts_with("OS_") || name == "MEX_K8SOS_ENV" ||
                                             name == "HOME" || name == "XDG_CONFIG_HOME")) {
      variables.emplace(name, text.substr(equals + 1));
    }
  }
  return variables;
}

absl::StatusOr<CloudConfig> load_cloud_config(const Variables& environment) {
  if (const std::string path = value_of(environment, "MEX_K8SOS_ENV"); !path.empty()) {
    return load_from_os_env(path, environment);
  }
  if (const std::string cloud = value_of(environment, "OS_CLOUD"); !cloud.empty()) {
    return load_from_clouds_yaml(environment, cloud);
  }
  if (!value_of(environment, "OS_AUTH_URL").empty()) {
    return config_from_settings(settings_from_variables(environment, "environment"));
  }
  return load_only_cloud(environment);
}

}  // namespace mex::openstack
