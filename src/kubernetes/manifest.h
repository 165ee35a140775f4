#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace mex::kubernetes {

// The objects of a text of YAML documents (or JSON, which is YAML), in their order; Lists are taken
// apart, empty documents left out. Scalars mean what kubectl takes them for (YAML 1.1: 0644 is
// octal, yes is true). InvalidArgument, with line and column, for what has no meaning in JSON or is
// ambiguous: tags of other kinds, keys that are no scalars or appear twice, numbers beyond JSON,
// aliases without end; and for objects without apiVersion, kind or metadata.name.
absl::StatusOr<std::vector<nlohmann::json>> parse_manifests(std::string_view text);

}  // namespace mex::kubernetes
