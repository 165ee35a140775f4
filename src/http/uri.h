#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace mex::http {

// Why a request path is not routed.
enum class PathFault : std::uint8_t {
  None,
  NotAbsolute,       // does not start with '/'
  BadEscape,         // '%' without two hexadecimal digits
  ForbiddenByte,     // control byte, space, '#', non-ASCII, raw or escaped ('%00', '%0A', '%7F')
  Backslash,         // '\' or '%5C': some origins take it for '/'
  HiddenDotSegment,  // '..' or '.' beside an escaped slash or a path parameter: "..%2F", "..;x"
  AboveRoot,         // '..' with nothing left to leave
  OverlongUtf8,      // '%C0%AE' and the like: a second spelling of an ASCII byte
};

// Fixed text without the peer's bytes: "the path contains a backslash".
std::string_view to_string(PathFault fault);

// What becomes of a run of '/' within a path.
enum class Slashes : std::uint8_t {
  Merged,  // one is left: what routes are compared with
  Kept,    // empty segments are data to many servers (RFC 3986 section 3.3); not at the beginning,
           // where "//" introduces a host (section 4.2)
};

struct NormalPath {
  std::string_view path;  // valid as long as `raw` and `space`
  PathFault fault = PathFault::None;
};

// The one form of a request path that routes are compared with and that is sent on, so that a proxy
// and an origin cannot read the same path differently (RFC 3986 section 6.2.2):
//   - escapes of unreserved characters are decoded ("%61" → "a"), others get upper-case digits
//   - dot segments, also escaped ones, are resolved; ".." leaves the last segment that is not
//     empty, so that a path never leads deeper than with its runs of '/' merged
//   - runs of '/' become one, or are kept behind the first segment
//   - "%2F" stays "%2F": it is data within a segment, never a separator
// `raw` is a path without query. `space` must have raw.size() bytes; it is not touched when `raw`
// is in normal form already, which is the usual case. Idempotent; never longer than `raw`.
NormalPath normalize_path(std::string_view raw, std::span<char> space,
                          Slashes slashes = Slashes::Merged);

// Whether a path in normal form has empty segments within it.
bool has_empty_segment(std::string_view path);

// The path with one '/' for each run. `space` must have path.size() bytes.
std::string_view merge_slashes(std::string_view path, std::span<char> space);

struct Decoded {
  std::string_view text;  // in the caller's space
  bool ok = false;        // false: malformed escape
};

// Decodes all percent escapes ('+' stays). `space` must have text.size() bytes.
Decoded percent_decode(std::string_view text, std::span<char> space);

}  // namespace mex::http
