#include "openstack/settings/load_cloud_config.h"

#include <fmt/format.h>

#include <iterator>
#include <utility>

#include "base/file.h"
#include "base/status.h"
#include "openstack/settings/clouds_files.h"
#include "openstack/settings/os_env_file.h"
#include "openstack/settings/settings.h"

namespace mex::openstack {
namespace {

std::string value_of(const Variables& variables, std::string_view name) {
  const auto found = variables.find(name);
  return found == variables.end() ? std::string() : found->second;
}

absl::StatusOr<CloudConfig> config_from_clouds_yaml(absl::StatusOr<Settings> settings,
                                                    const Variables& environment) {
  if (!settings.ok()) {
    return absl::Status(absl::StatusCode::kInvalidArgument, settings.status().message());
  }
  // The dashboard's clouds.yaml has no password: the openstack command asks for it, or takes it
  // from here.
  std::string& password = settings->values["password"];
  if (password.empty()) password = value_of(environment, "OS_PASSWORD");
  settings->hints["password"] = fmt::format(
      "{}: password is not set: write it there or into secure.yaml, or set OS_PASSWORD in the "
      "agent's own environment",
      settings->source);
  return config_from_settings(*settings);
}

// Settings that the file leaves to a terminal or a command count as the environment has them.
void fill_in(ShellVariables& variables, const Variables& environment) {
  for (auto open = variables.open.begin(); open != variables.open.end();) {
    const std::string value = value_of(environment, open->first);
    const bool is_known =
        open->first.starts_with("OS_") && !open->second.is_blank && !value.empty();
    if (is_known) variables.known[open->first] = value;
    open = is_known ? variables.open.erase(open) : std::next(open);
  }
}

std::string open_text(std::string_view path, std::string_view name, const OpenValue& open) {
  return fmt::format(
      "{}:{}: {} {}: write its value into the file, or set {} in the agent's own environment", path,
      open.line, name, open.why, name);
}

// What of the environment goes with a file that names a cloud: where to look, not what to take.
Variables with_search_path(Variables variables, const Variables& environment) {
  for (const std::string_view name : {"HOME", "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS",
                                      "OS_CLIENT_CONFIG_FILE", "OS_CLIENT_SECURE_FILE"}) {
    if (value_of(variables, name).empty()) {
      variables[std::string(name)] = value_of(environment, name);
    }
  }
  return variables;
}

// A shell takes them away; what gives a container its environment (docker --env-file) does not.
void warn_of_quotation_marks(Settings& settings) {
  for (const char* key : {"password", "application_credential_secret"}) {
    const std::string& value = settings.get(key);
    const bool is_in_quotation_marks = value.size() >= 2 && value.front() == value.back() &&
                                       (value.front() == '"' || value.front() == '\'');
    if (!is_in_quotation_marks) continue;
    settings.warnings.push_back(
        fmt::format("{}: {} is in quotation marks, which are taken for a part of it",
                    settings.source, settings.spelled(key)));
  }
}

absl::StatusOr<CloudConfig> load_from_os_env(const std::string& path,
                                             const Variables& environment) {
  const auto text = base::read_file(path);
  if (!text.ok()) {
    return base::error(absl::StatusCode::kInvalidArgument, "MEX_K8SOS_ENV: {}",
                       base::message_of(text.status()));
  }
  MEX_ASSIGN_OR_RETURN(ShellVariables variables, parse_os_env(*text, path, environment));
  fill_in(variables, environment);
  for (const std::string_view name : {"OS_CLOUD", "OS_REGION_NAME"}) {
    const auto open = variables.open.find(name);
    if (open == variables.open.end() || open->second.is_blank) continue;
    return absl::InvalidArgumentError(open_text(path, name, open->second));
  }
  if (const std::string cloud = value_of(variables.known, "OS_CLOUD"); !cloud.empty()) {
    const Variables all = with_search_path(std::move(variables.known), environment);
    Variables passwords = all;
    passwords.merge(Variables(environment));
    return config_from_clouds_yaml(find_clouds_yaml(all, cloud), passwords);
  }
  Settings settings = settings_from_variables(variables.known, path);
  settings.files = {path};
  settings.home = value_of(environment, "HOME");
  for (const auto& [name, open] : variables.open) {
    if (!name.starts_with("OS_")) continue;
    auto& texts = open.is_blank ? settings.hints : settings.open;
    texts[setting_of(name)] = open_text(path, name, open);
  }
  return config_from_settings(settings);
}

bool is_clouds_yaml(std::string_view path) {
  return path.ends_with(".yaml") || path.ends_with(".yml") || path.ends_with(".json");
}

// MEX_K8SOS_ENV names a clouds.yaml.
absl::StatusOr<CloudConfig> load_from_named_clouds_yaml(const std::string& path,
                                                        Variables environment) {
  environment["OS_CLIENT_CONFIG_FILE"] = path;
  auto settings = find_clouds_yaml(environment, value_of(environment, "OS_CLOUD"));
  if (!settings.ok()) settings = base::annotate(settings.status(), "MEX_K8SOS_ENV");
  return config_from_clouds_yaml(std::move(settings), environment);
}

// The choice when the environment names nothing: a file that leaves no choice.
absl::StatusOr<CloudConfig> load_only_cloud(const Variables& environment) {
  auto settings = find_clouds_yaml(environment, "");
  if (absl::IsNotFound(settings.status())) {
    return absl::FailedPreconditionError(
        "no OpenStack is configured: set MEX_K8SOS_ENV to an os.env file, or OS_CLOUD, or "
        "OS_AUTH_URL and its companions (see k8s-prov/README.md)");
  }
  if (absl::IsFailedPrecondition(settings.status())) return settings.status();  // several clouds
  return config_from_clouds_yaml(std::move(settings), environment);
}

}  // namespace

absl::StatusOr<CloudConfig> load_cloud_config(const Variables& environment) {
  if (const std::string path = value_of(environment, "MEX_K8SOS_ENV"); !path.empty()) {
    return is_clouds_yaml(path) ? load_from_named_clouds_yaml(path, environment)
                                : load_from_os_env(path, environment);
  }
  if (const std::string cloud = value_of(environment, "OS_CLOUD"); !cloud.empty()) {
    return config_from_clouds_yaml(find_clouds_yaml(environment, cloud), environment);
  }
  if (!value_of(environment, "OS_AUTH_URL").empty()) {
    Settings settings = settings_from_variables(environment, "environment");
    warn_of_quotation_marks(settings);
    settings.home = value_of(environment, "HOME");
    return config_from_settings(settings);
  }
  return load_only_cloud(environment);
}

}  // namespace mex::openstack
