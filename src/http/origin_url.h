#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace mex::http {

// Where a route leads: http(s)://host[:port][/path].
struct OriginUrl {
  bool tls = false;
  std::string host;  // lower case; IPv6 without brackets
  bool is_ipv6 = false;
  std::uint16_t port = 0;  // 80 or 443 when the URL has none
  std::string path;        // in normal form; "/" when the URL has none

  // host[:port] as a Host header has it: brackets around IPv6, no default port.
  std::string authority() const;
  std::string text() const;  // the whole URL, canonical

  bool operator==(const OriginUrl&) const = default;
};

// For the control plane. InvalidArgument with a text that names the fault and what would be right:
// "must start with http:// or https://, got \"10.1.1.1:80\"". Userinfo, query and fragment are
// refused.
absl::StatusOr<OriginUrl> parse_origin_url(std::string_view text);

}  // namespace mex::http
