#include "openstack/uuid.h"

#include <cstddef>

namespace mex::openstack {

std::optional<std::string> parse_uuid(std::string_view text) {
  constexpr std::size_t kLength = 36;
  if (text.size() != kLength) return std::nullopt;
  std::string id;
  for (std::size_t i = 0; i < kLength; ++i) {
    const char c = text[i];
    const bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
    const bool is_upper = c >= 'A' && c <= 'F';
    const bool is_hex = is_upper || (c >= 'a' && c <= 'f') || (c >= '0' && c <= '9');
    if (is_dash ? c != '-' : !is_hex) return std::nullopt;
    id += is_upper ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return id;
}

}  // namespace mex::openstack
