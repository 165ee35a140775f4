#include "proxy/route/host_pattern.h"

#include <algorithm>
#include <optional>

#include "base/status.h"
#include "http/authority.h"
#include "http/characters.h"

namespace mex::proxy::route {
namespace {

constexpr std::size_t kMaxNameLength = 253;  // RFC 1035 section 2.3.4, as text
constexpr std::size_t kMaxLabelLength = 63;

template <typename... Args>
absl::Status bad_host(fmt::format_string<Args...> format, Args&&... args) {
  return base::error(absl::StatusCode::kInvalidArgument, format, std::forward<Args>(args)...);
}

// Underscores are in names that people use, though not in those of hosts (RFC 952).
bool is_name_byte(char c) { return http::is_alphanumeric(c) || c == '-' || c == '_' || c == '.'; }

absl::Status check_labels(std::string_view name) {
  while (true) {
    const std::string_view label = name.substr(0, name.find('.'));
    if (label.empty()) return bad_host("\"{}\" has an empty label: a dot too much", name);
    if (label.size() > kMaxLabelLength) {
      return bad_host("has a label of {} characters; at most {} are taken", label.size(),
                      kMaxLabelLength);
    }
    if (label.size() == name.size()) return absl::OkStatus();
    name.remove_prefix(label.size() + 1);
  }
}

}  // namespace

absl::StatusOr<HostPattern> HostPattern::parse(std::string_view text) {
  if (text.empty()) return HostPattern();
  const bool is_wildcard = text.starts_with("*.");
  std::string_view name = without_root_dot(is_wildcard ? text.substr(2) : text);
  if (text.size() > kMaxNameLength) {
    return bad_host("has {} characters; at most {} are taken", text.size(), kMaxNameLength);
  }
  for (const char c : name) {
    if (c == '*') {
      return bad_host("may have a '*' only as its whole first label: \"*.example.com\"");
    }
    if (c == ':') return bad_host("must be a name without a port: routes are for every port");
    // The text is not repeated here: it may hold control bytes.
    if (!is_name_byte(c)) {
      return bad_host(
          "has byte 0x{:02x}; a host has letters, digits, '-', '_' and '.': write other "
          "names in their ASCII form (\"xn--…\")",
          static_cast<unsigned char>(c));
    }
  }
  if (name.empty()) return bad_host("must be a name, \"*.\" and a name, or left out");
  MEX_RETURN_IF_ERROR(check_labels(name));
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(), http::to_lower);
  return HostPattern(std::move(lower), is_wildcard);
}

std::string_view without_root_dot(std::string_view host) {
  if (host.size() > 1 && host.ends_with('.')) host.remove_suffix(1);
  return host;
}

}  // namespace mex::proxy::route
