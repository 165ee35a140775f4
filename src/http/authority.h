#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace mex::http {

// host [":" port] of RFC 3986 section 3.2, without userinfo.
struct Authority {
  std::string_view host;   // as sent; IPv6 literals without their brackets
  std::uint16_t port = 0;  // 0: none given
  bool is_ipv6 = false;
};

// Nothing if `text` is not a host name (letters, digits, '-', '_', '.'), an IPv4 address or an IPv6
// address in brackets, with an optional port of 1 to 65535. Stricter than RFC 3986's reg-name,
// which would let ',', ';', '@' look-alikes and percent-encoding reach routing and logs.
std::optional<Authority> parse_authority(std::string_view text);

// Whether `text` is an IPv6 address (RFC 4291 section 2.2), without brackets and zone.
bool is_ipv6_address(std::string_view text);

}  // namespace mex::http
