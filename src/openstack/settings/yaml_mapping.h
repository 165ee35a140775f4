#pragma once

#include <yaml-cpp/yaml.h>

#include <map>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace mex::openstack {

// The entries of a YAML mapping by their keys.
using YamlEntries = std::map<std::string, YAML::Node, std::less<>>;

// Takes mappings of one file apart: merge keys ("<<: *defaults", or a list of such) are followed,
// for yaml-cpp reads them as ordinary keys; a mapping's own entries come before those that it
// merges, and of these the first (https://yaml.org/type/merge.html). Keys that are not plain text
// are left out. Functions may throw YAML::Exception, but for those of `fault`.
class YamlMappings {
 public:
  explicit YamlMappings(std::string_view file) : file_(file) {}

  // InvalidArgument where `node` is no mapping, calling it `name`, or merges something else.
  absl::StatusOr<YamlEntries> entries(const YAML::Node& node, std::string_view name);
  // The entry of `entries` as entries; none if it is not there or null.
  absl::StatusOr<YamlEntries> entries_at(const YamlEntries& entries, std::string_view key,
                                         std::string_view name);

  // InvalidArgument "file:line: what".
  absl::Status fault(const YAML::Mark& mark, std::string_view what) const;

 private:
  absl::Status merge(const YAML::Node& node, std::string_view name, int depth, YamlEntries& into);

  const std::string file_;
  int merges_left_ = 500;  // of the whole file: merges of merges grow without end
};

}  // namespace mex::openstack
