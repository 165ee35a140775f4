#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace mex::nginx {

// The name of an image as engines take it (distribution's grammar of references): a repository,
// which may begin with a registry's host and port, a tag, a digest, or both.
struct ImageReference {
  std::string repository;  // "nginx", "registry.example:5000/team/nginx", "[fd00::1]:5000/nginx"
  std::string tag;         // "1.22"; empty: none
  std::string digest;      // "sha256:…"; empty: none

  // What identifies it most closely: the digest, the tag, or the tag that engines take where there
  // is neither.
  std::string version() const;
  // What an engine is given. Beside a digest a tag is of no meaning, and some engines refuse both.
  std::string text() const;

  bool operator==(const ImageReference&) const = default;
};

// InvalidArgument says what is wrong.
absl::StatusOr<ImageReference> parse_image_reference(std::string_view text);

}  // namespace mex::nginx
