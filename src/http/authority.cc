#include "http/authority.h"

#include <cstddef>

#include "base/ipv4.h"
#include "http/characters.h"

namespace mex::http {
namespace {

// RFC 1035 section 2.3.4: a full name has at most 255 octets on the wire, 253 in text.
constexpr std::size_t kMaxHostLength = 253;

bool is_host_byte(char character) {
  return is_alphanumeric(character) || character == '-' || character == '_' || character == '.';
}

// How many 16-bit groups `text` has (an IPv4 tail counts two), or -1 if one is malformed. An empty
// text has none.
int count_ipv6_groups(std::string_view text, bool may_end_in_ipv4) {
  if (text.empty()) return 0;
  int groups = 0;
  while (true) {
    const std::size_t colon = text.find(':');
    const std::string_view group = text.substr(0, colon);
    if (colon == kNotFound && may_end_in_ipv4 && group.find('.') != kNotFound) {
      return base::parse_ipv4(group) ? groups + 2 : -1;
    }
    if (group.empty() || group.size() > 4) return -1;
    for (char c : group) {
      if (hex_value(c) < 0) return -1;
    }
    ++groups;
    if (colon == kNotFound) return groups;
    text.remove_prefix(colon + 1);
  }
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  if (text.empty() || text.size() > 5) return std::nullopt;
  unsigned value = 0;
  for (char c : text) {
    if (!is_digit(c)) return std::nullopt;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  if (value == 0 || value > 65535) return std::nullopt;
  return static_cast<std::uint16_t>(value);
}

}  // namespace

bool is_ipv6_address(std::string_view text) {
  const std::size_t gap = text.find("::");
  if (gap == kNotFound) return count_ipv6_groups(text, true) == 8;
  const int before = count_ipv6_groups(text.substr(0, gap), false);
  const int behind = count_ipv6_groups(text.substr(gap + 2), true);
  return before >= 0 && behind >= 0 && before + behind <= 7;
}

std::optional<Authority> parse_authority(std::string_view text) {
  Authority authority;
  std::string_view rest;
  if (!text.empty() && text.front() == '[') {
    const std::size_t end = text.find(']');
    if (end == kNotFound) return std::nullopt;
    authority.host = text.substr(1, end - 1);
    authority.is_ipv6 = true;
    if (!is_ipv6_address(authority.host)) return std::nullopt;
    rest = text.substr(end + 1);
  } else {
    std::size_t end = 0;
    while (end < text.size() && is_host_byte(text[end])) ++end;
    if (end == 0 || end > kMaxHostLength) return std::nullopt;
    authority.host = text.substr(0, end);
    rest = text.substr(end);
  }
  if (rest.empty()) return authority;
  if (rest.front() != ':') return std::nullopt;
  const std::optional<std::uint16_t> port = parse_port(rest.substr(1));
  if (!port) return std::nullopt;
  authority.port = *port;
  return authority;
}

}  // namespace mex::http
