#include "openstack/settings/clouds_files.h"

#include <unistd.h>

#include <optional>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/status.h"
#include "openstack/settings/clouds_yaml.h"

namespace mex::openstack {
namespace {

std::string get(const Variables& environment, std::string_view name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string() : found->second;
}

std::vector<std::string> search_path(const Variables& environment) {
  std::vector<std::string> path = {"."};
  if (const std::string config = get(environment, "XDG_CONFIG_HOME"); !config.empty()) {
    path.push_back(config + "/openstack");
  }
  if (const std::string home = get(environment, "HOME"); !home.empty()) {
    path.push_back(home + "/.config/openstack");
  }
  const std::string sites = get(environment, "XDG_CONFIG_DIRS");
  std::string_view rest = sites.empty() ? "/etc/xdg" : std::string_view(sites);
  while (!rest.empty()) {
    const std::size_t colon = rest.find(':');
    if (colon > 0) path.push_back(fmt::format("{}/openstack", rest.substr(0, colon)));
    rest.remove_prefix(colon == std::string_view::npos ? rest.size() : colon + 1);
  }
  path.emplace_back("/etc/openstack");
  return path;
}

// The file of that name (without its ending) that comes first.
std::optional<std::string> find_file(const Variables& environment, std::string_view name) {
  for (const std::string& directory : search_path(environment)) {
    for (const std::string_view ending : {"yaml", "yml", "json"}) {
      std::string path = fmt::format("{}/{}.{}", directory, name, ending);
      if (access(path.c_str(), F_OK) == 0) return path;
    }
  }
  return std::nullopt;
}

std::optional<std::string> find_named_file(const Variables& environment, std::string_view variable,
                                           std::string_view name) {
  std::string named = get(environment, variable);
  return named.empty() ? find_file(environment, name) : std::move(named);
}

absl::Status add_secure_values(const Variables& environment, CloudEntry& entry) {
  const auto path = find_named_file(environment, "OS_CLIENT_SECURE_FILE", "secure");
  if (!path) return absl::OkStatus();
  MEX_ASSIGN_OR_RETURN(const std::string text, base::read_file(*path));
  const auto secure = parse_clouds_yaml(text, *path, entry.cloud);
  if (absl::IsNotFound(secure.status())) return absl::OkStatus();
  MEX_RETURN_IF_ERROR(secure.status());
  for (const auto& [key, value] : secure->settings.values) entry.settings.values[key] = value;
  if (!secure->regions.empty()) entry.regions = secure->regions;
  entry.settings.files.push_back(*path);
  return absl::OkStatus();
}

// NotFound if no file has the profile.
absl::StatusOr<CloudEntry> read_profile(const Variables& environment, const std::string& name,
                                        std::string_view vendor_profiles) {
  if (const auto path = find_file(environment, "clouds-public")) {
    MEX_ASSIGN_OR_RETURN(const std::string text, base::read_file(*path));
    auto profile = parse_clouds_public_yaml(text, *path, name);
    if (!absl::IsNotFound(profile.status())) return profile;
  }
  if (name.find('/') == std::string::npos) {
    for (const std::string_view ending : {"yaml", "json"}) {
      const std::string path = fmt::format("{}/{}.{}", vendor_profiles, name, ending);
      if (access(path.c_str(), F_OK) != 0) continue;
      MEX_ASSIGN_OR_RETURN(const std::string text, base::read_file(path));
      return parse_vendor_profile(text, path);
    }
  }
  return absl::NotFoundError("no such profile");
}

// The profile that the entry names; an empty one if it names none.
absl::StatusOr<CloudEntry> find_profile(const Variables& environment, CloudEntry& entry,
                                        std::string_view vendor_profiles) {
  Settings& settings = entry.settings;
  const std::string key = settings.get("profile").empty() ? "cloud" : "profile";
  const std::string name = settings.get(key);
  if (name.empty()) return CloudEntry();
  auto profile = read_profile(environment, name, vendor_profiles);
  if (!absl::IsNotFound(profile.status())) return profile;
  const std::string why = fmt::format(
      "{}: the profile '{}' is neither in a clouds-public.yaml nor among those of openstacksdk in "
      "{}{}",
      settings.source, name, vendor_profiles,
      name.find("://") == std::string::npos ? "" : " (profiles that are URLs are not fetched)");
  if (settings.get("auth_url").empty()) {
    return base::error(absl::StatusCode::kInvalidArgument, "{}, and auth_url is not set", why);
  }
  settings.warnings.push_back(why);
  return CloudEntry();
}

}  // namespace

absl::StatusOr<Settings> find_clouds_yaml(const Variables& environment, std::string_view cloud,
                                          std::string_view vendor_profiles) {
  const auto path = find_named_file(environment, "OS_CLIENT_CONFIG_FILE", "clouds");
  if (!path) {
    return absl::NotFoundError(
        "there is no clouds.yaml in the working directory, ~/.config/openstack or /etc/openstack");
  }
  MEX_ASSIGN_OR_RETURN(const std::string text, base::read_file(*path));
  MEX_ASSIGN_OR_RETURN(CloudEntry entry, parse_clouds_yaml(text, *path, cloud));
  MEX_RETURN_IF_ERROR(add_secure_values(environment, entry));
  MEX_ASSIGN_OR_RETURN(CloudEntry profile, find_profile(environment, entry, vendor_profiles));
  MEX_ASSIGN_OR_RETURN(Settings settings, merge_cloud(std::move(profile), std::move(entry),
                                                      get(environment, "OS_REGION_NAME")));
  settings.home = get(environment, "HOME");
  return settings;
}

}  // namespace mex::openstack
