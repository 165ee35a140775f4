#include "tls/profile.h"

namespace mex::tls {

std::optional<Profile> parse_profile(std::string_view name) {
  if (name == "intermediate") return Profile::Intermediate;
  if (name == "modern") return Profile::Modern;
  return std::nullopt;
}

}  // namespace mex::tls
