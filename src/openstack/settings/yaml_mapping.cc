#include "openstack/settings/yaml_mapping.h"

#include "base/status.h"

namespace mex::openstack {
namespace {

constexpr std::string_view kMergeKey = "<<";
constexpr int kMaxMergeDepth = 20;

}  // namespace

absl::Status YamlMappings::fault(const YAML::Mark& mark, std::string_view what) const {
  return base::error(absl::StatusCode::kInvalidArgument, "{}:{}: {}", file_, mark.line + 1, what);
}

absl::StatusOr<YamlEntries> YamlMappings::entries(const YAML::Node& node, std::string_view name) {
  YamlEntries entries;
  MEX_RETURN_IF_ERROR(merge(node, name, 0, entries));
  return entries;
}

absl::StatusOr<YamlEntries> YamlMappings::entries_at(const YamlEntries& entries,
                                                     std::string_view key, std::string_view name) {
  const auto found = entries.find(key);
  if (found == entries.end() || found->second.IsNull()) return YamlEntries();
  return this->entries(found->second, name);
}

absl::Status YamlMappings::merge(const YAML::Node& node, std::string_view name, int depth,
                                 YamlEntries& into) {
  if (!node.IsMap()) return fault(node.Mark(), fmt::format("{} must be a mapping", name));
  if (depth > kMaxMergeDepth || --merges_left_ < 0) {
    return fault(node.Mark(), "'<<' merges too many mappings");
  }
  YamlEntries own;
  for (const auto& entry : node) {
    if (entry.first.IsScalar()) own[entry.first.Scalar()] = entry.second;
  }
  for (const auto& [key, value] : own) {
    if (key != kMergeKey) into.emplace(key, value);
  }
  const auto merged = own.find(kMergeKey);
  if (merged == own.end() || merged->second.IsNull()) return absl::OkStatus();
  if (!merged->second.IsSequence()) return merge(merged->second, "'<<'", depth + 1, into);
  for (const auto& each : merged->second) {
    MEX_RETURN_IF_ERROR(merge(each, "'<<'", depth + 1, into));
  }
  return absl::OkStatus();
}

}  // namespace mex::openstack
