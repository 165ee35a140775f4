#include "openstack/settings/clouds_yaml.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "base/status.h"
#include "openstack/settings/yaml_mapping.h"

namespace mex::openstack {
namespace {

// Which entry of `clouds` is meant.
absl::StatusOr<std::string> choose_cloud(const YamlEntries& clouds, std::string_view file,
                                         std::string_view wanted) {
  std::vector<std::string_view> names;
  for (const auto& [name, entry] : clouds) {
    if (!wanted.empty() && name == wanted) return name;
    names.push_back(name);
  }
  if (wanted.empty() && names.size() == 1) return std::string(names[0]);
  if (wanted.empty() && !names.empty()) {
    return base::error(absl::StatusCode::kFailedPrecondition,
                       "{} has several clouds ({}): choose one with OS_CLOUD", file,
                       fmt::join(names, ", "));
  }
  return base::error(absl::StatusCode::kNotFound, "{} has no cloud '{}' (it has: {})", file, wanted,
                     names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", ")));
}

// openstacksdk takes "region-name" for "region_name".
std::string setting_name(std::string_view key) {
  std::string name(key);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

// One file while an entry of it is read.
class EntryReader {
 public:
  explicit EntryReader(std::string_view file) : file_(file), mappings_(file) {}

  YamlMappings& mappings() { return mappings_; }

  absl::StatusOr<CloudEntry> read(const YAML::Node& node, const std::string& name,
                                  std::string_view path) {
    CloudEntry entry;
    entry.cloud = name;
    entry.settings.source = fmt::format("{}, cloud {}", file_, name);
    entry.settings.form = Settings::Form::Yaml;
    entry.settings.files = {file_};
    MEX_ASSIGN_OR_RETURN(const YamlEntries entries, mappings_.entries(node, path));
    MEX_RETURN_IF_ERROR(take_values(entries, path, entry.settings.values));
    MEX_RETURN_IF_ERROR(take_regions(entries, path, entry));
    return entry;
  }

 private:
  // The scalars of `entries`, and over them those of its "auth".
  absl::Status take_values(const YamlEntries& entries, std::string_view path,
                           SettingValues& values) {
    MEX_RETURN_IF_ERROR(take_scalars(entries, values));
    MEX_ASSIGN_OR_RETURN(const YamlEntries auth,
                         mappings_.entries_at(entries, "auth", fmt::format("{}.auth", path)));
    return take_scalars(auth, values);
  }

  absl::Status take_scalars(const YamlEntries& entries, SettingValues& values) {
    for (const auto& [key, node] : entries) {
      if (!node.IsScalar()) continue;
      const std::string& value = node.Scalar();
      if (value.find('\0') != std::string::npos) {
        return mappings_.fault(node.Mark(), key + " holds a zero byte");
      }
      if (!value.empty()) values[setting_name(key)] = value;
    }
    return absl::OkStatus();
  }

  absl::Status take_regions(const YamlEntries& entries, std::string_view path, CloudEntry& entry) {
    for (const std::string_view key : {"regions", "region_name", "region-name"}) {
      const auto found = entries.find(key);
      if (found == entries.end() || !found->second.IsSequence()) continue;
      for (const YAML::Node& each : found->second) {
        MEX_ASSIGN_OR_RETURN(CloudRegion region, read_region(each, path));
        entry.regions.push_back(std::move(region));
      }
      if (!entry.regions.empty()) return absl::OkStatus();
    }
    // An old way to list them.
    std::string_view names = entry.settings.get("region_name");
    while (!names.empty()) {
      const std::size_t comma = names.find(',');
      const std::string_view name = names.substr(0, comma);
      if (!name.empty()) entry.regions.push_back({.name = std::string(name), .values = {}});
      names.remove_prefix(comma == std::string_view::npos ? names.size() : comma + 1);
    }
    return absl::OkStatus();
  }

  absl::StatusOr<CloudRegion> read_region(const YAML::Node& node, std::string_view path) {
    CloudRegion region;
    if (node.IsScalar()) {
      region.name = node.Scalar();
      return region;
    }
    const std::string name = fmt::format("a region of {}", path);
    MEX_ASSIGN_OR_RETURN(const YamlEntries entries, mappings_.entries(node, name));
    const auto found = entries.find("name");
    if (found == entries.end() || !found->second.IsScalar()) {
      return mappings_.fault(node.Mark(), fmt::format("{} has no name", name));
    }
    region.name = found->second.Scalar();
    MEX_ASSIGN_OR_RETURN(const YamlEntries values, mappings_.entries_at(entries, "values", name));
    MEX_RETURN_IF_ERROR(take_values(values, name, region.values));
    return region;
  }

  const std::string file_;
  YamlMappings mappings_;
};

absl::StatusOr<CloudEntry> read_entry(std::string_view text, std::string_view file,
                                      const std::string& section, std::string_view wanted) {
  EntryReader reader(file);
  const YAML::Node root = YAML::Load(std::string(text));
  const YAML::Node clouds = root.IsMap() ? root[section] : YAML::Node();
  if (!clouds.IsDefined() || !clouds.IsMap()) {
    return base::error(absl::StatusCode::kInvalidArgument,
                       "{}: must be a mapping with the key '{}'", file, section);
  }
  MEX_ASSIGN_OR_RETURN(const YamlEntries entries, reader.mappings().entries(clouds, section));
  MEX_ASSIGN_OR_RETURN(const std::string name, choose_cloud(entries, file, wanted));
  return reader.read(entries.find(name)->second, name, fmt::format("{}.{}", section, name));
}

absl::StatusOr<CloudEntry> read_vendor_profile(std::string_view text, std::string_view file) {
  EntryReader reader(file);
  const YAML::Node root = YAML::Load(std::string(text));
  const YAML::Node name = root.IsMap() ? root["name"] : YAML::Node();
  const YAML::Node profile = root.IsMap() ? root["profile"] : YAML::Node();
  if (!name.IsDefined() || !name.IsScalar() || !profile.IsDefined()) {
    return base::error(absl::StatusCode::kInvalidArgument,
                       "{}: must be a mapping with the keys 'name' and 'profile'", file);
  }
  MEX_ASSIGN_OR_RETURN(CloudEntry entry, reader.read(profile, name.Scalar(), "profile"));
  const std::string& status = entry.settings.get("status");
  const std::string message = fmt::format("{}: the cloud {} is {}: {}", file, entry.cloud, status,
                                          entry.settings.get("message"));
  if (status == "shutdown") return absl::InvalidArgumentError(message);
  if (status == "deprecated") entry.settings.warnings.push_back(message);
  return entry;
}

template <typename Read>
absl::StatusOr<CloudEntry> guarded(std::string_view file, const Read& read) {
  try {
    return read();
  } catch (const YAML::Exception& exception) {
    return YamlMappings(file).fault(exception.mark, exception.msg);
  }
}

void put_over(SettingValues& values, const SettingValues& more) {
  for (const auto& [key, value] : more) values[key] = value;
}

// The region to use, of those that the entry knows, or else its profile; null if they know none.
absl::StatusOr<const CloudRegion*> choose_region(const CloudEntry& profile, const CloudEntry& entry,
                                                 std::string_view wanted) {
  const auto& regions = entry.regions.empty() ? profile.regions : entry.regions;
  if (regions.empty()) return nullptr;
  if (wanted.empty()) return &regions[0];
  std::vector<std::string_view> names;
  for (const CloudRegion& region : regions) {
    if (region.name == wanted) return &region;
    names.push_back(region.name);
  }
  return base::error(absl::StatusCode::kInvalidArgument,
                     "{}: OS_REGION_NAME '{}' is none of its regions ({})", entry.settings.source,
                     wanted, fmt::join(names, ", "));
}

// "https://{region_name}.example": what stands in braces is another setting. Passwords are left
// alone.
absl::Status fill_in_settings(Settings& settings) {
  for (auto& [key, value] : settings.values) {
    if (key != "auth_url" && !key.ends_with("_endpoint_override")) continue;
    for (std::size_t open = value.find('{'); open != std::string::npos; open = value.find('{')) {
      const std::size_t close = value.find('}', open);
      const std::string name = value.substr(open + 1, close - open - 1);
      const std::string& other = settings.get(name);
      if (close == std::string::npos || other.empty() || other.find('{') != std::string::npos) {
        return base::error(absl::StatusCode::kInvalidArgument, "{}: {} needs {}, which is not set",
                           settings.source, key, value.substr(open, close - open + 1));
      }
      value.replace(open, close - open + 1, other);
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<CloudEntry> parse_clouds_yaml(std::string_view text, std::string_view file,
                                             std::string_view cloud) {
  return guarded(file, [&] { return read_entry(text, file, "clouds", cloud); });
}

absl::StatusOr<CloudEntry> parse_clouds_public_yaml(std::string_view text, std::string_view file,
                                                    std::string_view profile) {
  return guarded(file, [&] { return read_entry(text, file, "public-clouds", profile); });
}

absl::StatusOr<CloudEntry> parse_vendor_profile(std::string_view text, std::string_view file) {
  return guarded(file, [&] { return read_vendor_profile(text, file); });
}

absl::StatusOr<Settings> merge_cloud(CloudEntry profile, CloudEntry entry,
                                     std::string_view wanted) {
  MEX_ASSIGN_OR_RETURN(const CloudRegion* region, choose_region(profile, entry, wanted));
  const std::size_t known =
      std::max(entry.regions.empty() ? profile.regions.size() : 0, entry.regions.size());
  Settings merged = std::move(entry.settings);
  put_over(profile.settings.values, merged.values);
  merged.values = std::move(profile.settings.values);
  merged.warnings.insert(merged.warnings.end(), profile.settings.warnings.begin(),
                         profile.settings.warnings.end());
  merged.files.insert(merged.files.end(), profile.settings.files.begin(),
                      profile.settings.files.end());
  if (region != nullptr) {
    put_over(merged.values, region->values);
    merged.values["region_name"] = region->name;
    if (known > 1 && wanted.empty()) {
      merged.warnings.push_back(
          fmt::format("{}: of {} regions the first one is used, {}: choose another one with "
                      "OS_REGION_NAME",
                      merged.source, known, region->name));
    }
  } else if (!wanted.empty()) {
    merged.values["region_name"] = std::string(wanted);
  }
  MEX_RETURN_IF_ERROR(fill_in_settings(merged));
  return merged;
}

}  // namespace mex::openstack
