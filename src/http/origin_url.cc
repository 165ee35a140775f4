#include "http/origin_url.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "base/status.h"
#include "http/authority.h"
#include "http/characters.h"
#include "http/uri.h"

namespace mex::http {
namespace {

constexpr std::uint16_t kHttpPort = 80;
constexpr std::uint16_t kHttpsPort = 443;

template <typename... Args>
absl::Status invalid(fmt::format_string<Args...> format, Args&&... args) {
  return base::error(absl::StatusCode::kInvalidArgument, format, std::forward<Args>(args)...);
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = to_lower(c);
  return lower;
}

// Takes "http://" or "https://" off the front of `rest`.
std::optional<bool> take_scheme(std::string_view& rest) {
  const std::size_t end = rest.find("://");
  if (end == kNotFound) return std::nullopt;
  const std::string scheme = lower_case(rest.substr(0, end));
  rest.remove_prefix(end + 3);
  if (scheme == "http") return false;
  if (scheme == "https") return true;
  return std::nullopt;
}

absl::Status parse_host(std::string_view text, OriginUrl& url) {
  // The text is not shown: what stands before '@' may be a password.
  if (text.find('@') != kNotFound) {
    return invalid("must not have a user or password before the host");
  }
  if (text.empty() || text.front() == ':') return invalid("has no host");
  const std::optional<Authority> authority = parse_authority(text);
  if (!authority) {
    return invalid(
        "host and port \"{}\" are not a name, an IPv4 address or an IPv6 address in brackets with "
        "an optional port of 1 to 65535",
        text);
  }
  url.host = lower_case(authority->host);
  url.is_ipv6 = authority->is_ipv6;
  url.port = authority->port;
  if (url.port == 0) url.port = url.tls ? kHttpsPort : kHttpPort;
  return absl::OkStatus();
}

absl::Status parse_path(std::string_view text, OriginUrl& url) {
  std::string space(text.size(), '\0');
  const NormalPath normal = normalize_path(text.empty() ? "/" : text, space);
  if (normal.fault != PathFault::None) return invalid("{}", to_string(normal.fault));
  url.path = normal.path;
  return absl::OkStatus();
}

}  // namespace

std::string OriginUrl::authority() const {
  std::string name = is_ipv6 ? fmt::format("[{}]", host) : host;
  if (port == (tls ? kHttpsPort : kHttpPort)) return name;
  return fmt::format("{}:{}", name, port);
}

std::string OriginUrl::text() const {
  return fmt::format("{}://{}{}", tls ? "https" : "http", authority(), path);
}

absl::StatusOr<OriginUrl> parse_origin_url(std::string_view text) {
  for (char c : text) {
    if (as_byte(c) <= 0x20 || as_byte(c) >= 0x7F) {
      return invalid("must not contain white space, control or non-ASCII characters");
    }
  }
  OriginUrl url;
  std::string_view rest = text;
  const std::optional<bool> tls = take_scheme(rest);
  if (!tls) return invalid("must start with http:// or https://, got \"{}\"", text);
  url.tls = *tls;
  if (rest.find('#') != kNotFound) return invalid("must not have a fragment ('#')");
  if (rest.find('?') != kNotFound) return invalid("must not have a query ('?')");
  const std::size_t path_start = std::min(rest.find('/'), rest.size());
  MEX_RETURN_IF_ERROR(parse_host(rest.substr(0, path_start), url));
  MEX_RETURN_IF_ERROR(parse_path(rest.substr(path_start), url));
  return url;
}

}  // namespace mex::http
