#include "openstack/clouds_yaml.h"

#include <unistd.h>
#include <yaml-cpp/yaml.h>

#include <optional>
#include <vector>

#include "base/file.h"
#include "base/status.h"

namespace mex::openstack {
namespace {

absl::Status fault(std::string_view file, const YAML::Mark& mark, std::string_view what) {
  return base::error(absl::StatusCode::kInvalidArgument, "{}:{}: {}", file, mark.line + 1, what);
}

// Which entry of `clouds` is meant.
absl::StatusOr<std::string> choose_cloud(const YAML::Node& clouds, std::string_view file,
                                         std::string_view wanted) {
  std::string names;
  for (const auto& entry : clouds) {
    const std::string name = entry.first.IsScalar() ? entry.first.Scalar() : "";
    if (!wanted.empty() && name == wanted) return name;
    names += names.empty() ? name : ", " + name;
  }
  if (wanted.empty() && clouds.size() == 1) return names;
  if (wanted.empty()) {
    return base::error(absl::StatusCode::kFailedPrecondition,
                       "{} has several clouds ({}): choose one with OS_CLOUD", file, names);
  }
  return base::error(absl::StatusCode::kNotFound, "{} has no cloud '{}' (it has: {})", file, wanted,
                     names.empty() ? "none" : names);
}

// Puts the scalars of the mapping `node` into `values`, over what is there.
absl::Status take_scalars(const YAML::Node& node, std::string_view file,
                          std::map<std::string, std::string, std::less<>>& values) {
  for (const auto& entry : node) {
    if (!entry.first.IsScalar() || !entry.second.IsScalar()) continue;
    const std::string& value = entry.second.Scalar();
    if (value.find('\0') != std::string::npos) {
      return fault(file, entry.second.Mark(), entry.first.Scalar() + " holds a zero byte");
    }
    if (!value.empty()) values[entry.first.Scalar()] = value;
  }
  return absl::OkStatus();
}

absl::StatusOr<CloudEntry> read_entry(std::string_view text, std::string_view file,
                                      std::string_view wanted) {
  const YAML::Node root = YAML::Load(std::string(text));
  const YAML::Node clouds = root.IsMap() ? root["clouds"] : YAML::Node();
  if (!clouds.IsDefined() || !clouds.IsMap()) {
    return base::error(absl::StatusCode::kInvalidArgument,
                       "{}: must be a mapping with the key 'clouds'", file);
  }
  MEX_ASSIGN_OR_RETURN(const std::string name, choose_cloud(clouds, file, wanted));
  const YAML::Node cloud = clouds[name];
  if (!cloud.IsMap()) {
    return fault(file, cloud.Mark(), fmt::format("clouds.{} must be a mapping", name));
  }
  Settings settings{.source = fmt::format("{}, cloud {}", file, name),
                    .form = Settings::Form::Yaml,
                    .values = {}};
  MEX_RETURN_IF_ERROR(take_scalars(cloud, file, settings.values));
  const YAML::Node auth = cloud["auth"];
  if (auth.IsDefined() && !auth.IsNull()) {
    if (!auth.IsMap()) {
      return fault(file, auth.Mark(), fmt::format("clouds.{}.auth must be a mapping", name));
    }
    MEX_RETURN_IF_ERROR(take_scalars(auth, file, settings.values));
  }
  return CloudEntry{.cloud = name, .settings = std::move(settings)};
}

// The named file, or the first that can be found under one of `names`.
std::optional<std::string> find_file(const Variables& environment, std::string_view variable,
                                     const std::vector<std::string>& names) {
  const auto get = [&](std::string_view name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::string() : found->second;
  };
  if (const std::string named = get(variable); !named.empty()) return named;
  std::vector<std::string> directories = {"."};
  if (const std::string config = get("XDG_CONFIG_HOME"); !config.empty()) {
    directories.push_back(config + "/openstack");
  } else if (const std::string home = get("HOME"); !home.empty()) {
    directories.push_back(home + "/.config/openstack");
  }
  directories.emplace_back("/etc/openstack");
  for (const std::string& directory : directories) {
    for (const std::string& name : names) {
      const std::string path = fmt::format("{}/{}", directory, name);
      if (access(path.c_str(), F_OK) == 0) return path;
    }
  }
  return std::nullopt;
}

absl::Status add_secure_values(const Variables& environment, std::string_view cloud,
                               Settings& settings) {
  const auto path = find_file(environment, "OS_CLIENT_SECURE_FILE", {"secure.yaml", "secure.yml"});
  if (!path) return absl::OkStatus();
  MEX_ASSIGN_OR_RETURN(const std::string text, base::read_file(*path));
  const auto secure = parse_clouds_yaml(text, *path, cloud);
  if (absl::IsNotFound(secure.status())) return absl::OkStatus();
  MEX_RETURN_IF_ERROR(secure.status());
  for (const auto& [key, value] : secure->settings.values) settings.values[key] = value;
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<CloudEntry> parse_clouds_yaml(std::string_view text, std::string_view file,
                                             std::string_view cloud) {
  try {
    return read_entry(text, file, cloud);
  } catch (const YAML::Exception& exception) {
    return fault(file, exception.mark, exception.msg);
  }
}

absl::StatusOr<Settings> find_clouds_yaml(const Variables& environment, std::string_view cloud) {
  const auto path = find_file(environment, "OS_CLIENT_CONFIG_FILE", {"clouds.yaml", "clouds.yml"});
  if (!path) {
    return absl::NotFoundError(
        "there is no clouds.yaml in the working directory, ~/.config/openstack or /etc/openstack");
  }
  MEX_ASSIGN_OR_RETURN(const std::string text, base::read_file(*path));
  MEX_ASSIGN_OR_RETURN(CloudEntry entry, parse_clouds_yaml(text, *path, cloud));
  MEX_RETURN_IF_ERROR(add_secure_values(environment, entry.cloud, entry.settings));
  return std::move(entry.settings);
}

}  // namespace mex::openstack
