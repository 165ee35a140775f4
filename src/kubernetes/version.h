#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace mex::kubernetes {

// A released version of Kubernetes.
struct Version {
  int major = 0;
  int minor = 0;
  int patch = 0;

  auto operator<=>(const Version&) const = default;
};

// The oldest version that clusters can be made of.
inline constexpr Version kOldestVersion{1, 20, 0};

// As people write and paste it into a flavor: "1.30.2", "v1.30.2", or "1.31", which is 1.31.0. No
// leading zeros, no suffix. InvalidArgument tells what would be right.
absl::StatusOr<Version> parse_version(std::string_view text);

// What an API server says of itself ("v1.20.2", "v1.28.3+k3s1"): the part after the patch number
// does not count. Internal if it is something else.
absl::StatusOr<Version> parse_server_version(std::string_view text);

std::string to_string(const Version& version);  // "1.20.2"

}  // namespace mex::kubernetes
