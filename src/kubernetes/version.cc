#include "kubernetes/version.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/json_text.h"
#include "base/status.h"

namespace mex::kubernetes {
namespace {

// Takes a number without leading zeros off the front of `text`.
std::optional<int> take_number(std::string_view& text) {
  int number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  const auto length = static_cast<std::size_t>(end - text.data());
  constexpr std::size_t kMaxDigits = 4;
  if (fault != std::errc() || length > kMaxDigits || text[0] == '-') return std::nullopt;
  if (length > 1 && text[0] == '0') return std::nullopt;
  text.remove_prefix(length);
  return number;
}

bool take(std::string_view& text, char expected) {
  if (text.empty() || text[0] != expected) return false;
  text.remove_prefix(1);
  return true;
}

// Leaves in `text` what comes after the patch number.
std::optional<Version> take_version(std::string_view& text) {
  const std::optional<int> major = take_number(text);
  if (!major || !take(text, '.')) return std::nullopt;
  const std::optional<int> minor = take_number(text);
  if (!minor || !take(text, '.')) return std::nullopt;
  const std::optional<int> patch = take_number(text);
  if (!patch) return std::nullopt;
  return Version{*major, *minor, *patch};
}

}  // namespace

absl::StatusOr<Version> parse_version(std::string_view text) {
  std::string whole(text.starts_with('v') ? text.substr(1) : text);
  if (std::count(whole.begin(), whole.end(), '.') == 1) whole += ".0";
  std::string_view rest = whole;
  const std::optional<Version> version = take_version(rest);
  if (!version || !rest.empty()) {
    return base::error(absl::StatusCode::kInvalidArgument,
                       "Kubernetes version {} must be MAJOR.MINOR.PATCH, like 1.30.2",
                       base::quoted(text));
  }
  return *version;
}

absl::StatusOr<Version> parse_server_version(std::string_view text) {
  std::string_view rest = text;
  if (take(rest, 'v')) {
    const std::optional<Version> version = take_version(rest);
    if (version && (rest.empty() || rest[0] == '+' || rest[0] == '-')) return *version;
  }
  return base::error(absl::StatusCode::kInternal, "the API server's version {} is not a version",
                     base::quoted(text));
}

std::string to_string(const Version& version) {
  return fmt::format("{}.{}.{}", version.major, version.minor, version.patch);
}

}  // namespace mex::kubernetes
