#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace mex::base {

using Ipv6Bytes = std::array<std::uint8_t, 16>;  // the most significant byte first

// The text forms of RFC 4291 section 2.2, all of `text`: no brackets, no zone, no zero byte behind
// it. Pure.
std::optional<Ipv6Bytes> parse_ipv6(std::string_view text);

}  // namespace mex::base
