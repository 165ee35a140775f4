#include "proxy/route/pattern.h"

#include <algorithm>
#include <array>

#include "base/status.h"
#include "http/uri.h"

namespace mex::proxy::route {
namespace {

using absl::StatusCode;

template <typename... Args>
absl::Status fault(fmt::format_string<Args...> format, Args&&... args) {
  return base::error(StatusCode::kInvalidArgument, format, std::forward<Args>(args)...);
}

// RFC 3986 section 3.3: pchar, and the slash between segments.
bool is_path_character(char c) {
  constexpr std::string_view kOthers = "/-._~:@!$&'()*+,;=%";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         kOthers.find(c) != std::string_view::npos;
}

// Request paths are compared in normal form (http/uri.h): a pattern that is not in it would never
// match anything.
absl::Status check_normal_form(std::string_view text) {
  std::array<char, kMaxPatternLength> space;
  const http::NormalPath normal = http::normalize_path(text, space);
  if (normal.fault != http::PathFault::None) {
    return fault("\"{}\": {}", text, http::to_string(normal.fault));
  }
  if (normal.path != text) {
    return fault("\"{}\" must be written as requests are compared with it: \"{}\"", text,
                 normal.path);
  }
  return absl::OkStatus();
}

absl::Status check_characters(std::string_view text) {
  if (text.empty()) return fault("must not be empty; say \"/name\" or \"/name/*rest\"");
  if (text.size() > kMaxPatternLength) {
    return fault("has {} bytes; at most {} are taken", text.size(), kMaxPatternLength);
  }
  for (const char c : text) {
    if (c == '?' || c == '#') {
      return fault("\"{}\" must be a path only, without '{}'", text, c);
    }
    // The text is not repeated here: it may hold control bytes.
    if (!is_path_character(c)) {
      return fault("has byte 0x{:02x}, which a URL path holds only percent-encoded",
                   static_cast<unsigned char>(c));
    }
  }
  if (text.front() != '/') return fault("\"{}\" must begin with a slash", text);
  return check_normal_form(text);
}

absl::Status check_segments(std::string_view text) {
  std::string_view rest = text.substr(1);
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('/'), rest.size());
    const std::string_view segment = rest.substr(0, end);
    const bool last = end == rest.size();
    if (segment.front() == ':') {
      return fault("\"{}\" has the parameter \"{}\"; only a \"*name\" at the end is known", text,
                   segment);
    }
    const std::size_t star = segment.rfind('*');
    if (star != std::string_view::npos && (star != 0 || !last)) {
      return fault("\"{}\" must have its '*' at the beginning of the last segment", text);
    }
    if (segment == "*") return fault("\"{}\" must have a name after the '*'", text);
    rest.remove_prefix(last ? end : end + 1);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<PathPattern> PathPattern::parse(std::string_view text) {
  MEX_RETURN_IF_ERROR(check_characters(text));
  MEX_RETURN_IF_ERROR(check_segments(text));
  const std::size_t star = text.find('*');
  if (star == std::string_view::npos) {
    return PathPattern(PatternKind::Prefix, std::string(text), text.size());
  }
  return PathPattern(PatternKind::Wildcard, std::string(text), star);
}

absl::StatusOr<PathPattern> PathPattern::parse_exact(std::string_view text) {
  MEX_RETURN_IF_ERROR(check_characters(text));
  return PathPattern(PatternKind::Exact, std::string(text), text.size());
}

absl::StatusOr<PathPattern> PathPattern::parse_regex(std::string_view text, std::size_t shards) {
  PathPattern pattern(PatternKind::Regex, std::string(text), 0);
  MEX_ASSIGN_OR_RETURN(pattern.regex_, PathRegex::create(text, shards));
  return pattern;
}

}  // namespace mex::proxy::route
