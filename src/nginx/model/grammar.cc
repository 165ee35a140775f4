#include "nginx/model/grammar.h"

#include <algorithm>
#include <charconv>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/string_view.h"
#include "base/dns_name.h"
#include "base/ipv4.h"
#include "base/ipv6.h"
#include "base/json_text.h"
#include "base/status.h"

namespace mex::nginx {
namespace {

constexpr std::size_t kMaxName = 63;
constexpr std::size_t kMaxPath = 1024;
constexpr std::size_t kMaxHash = 256;

bool is_alphanumeric(char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)); }

bool consists_of(std::string_view text, std::string_view marks) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return is_alphanumeric(c) || marks.find(c) != std::string_view::npos;
  });
}

template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
  Number value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || stop != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

// '_' counts as a letter, as container names have it: nginx, the resolver and clients take it.
bool is_dns_name(std::string_view text) {
  std::string name(text);
  std::replace(name.begin(), name.end(), '_', 'a');
  return base::is_dns_name(name);
}

absl::Status origin_error(std::string_view text) {
  return base::error(absl::StatusCode::kInvalidArgument,
                     "must be host:port, for example 10.1.2.3:8080, not {}", base::quoted(text));
}

}  // namespace

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kMaxName && is_alphanumeric(text.front()) &&
         consists_of(text, "._-");
}

bool is_path(std::string_view text) {
  if (text.empty() || text.size() > kMaxPath || text.front() != '/') return false;
  if (!consists_of(text, "/._~!&()*+,:=@-")) return false;
  // nginx compares with a URI that has been normalised: these would never match.
  const std::string closed = std::string(text) + "/";
  return text.find("//") == std::string_view::npos && closed.find("/./") == std::string::npos &&
         closed.find("/../") == std::string::npos;
}

bool is_server_name(std::string_view text) {
  if (text.starts_with("*.")) text.remove_prefix(2);
  return is_dns_name(text);
}

bool is_address_block(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view address = text.substr(0, slash);
  const bool is_ipv6 = base::parse_ipv6(address).has_value();
  if (!is_ipv6 && !base::parse_ipv4(address)) return false;
  if (slash == std::string_view::npos) return true;
  const auto bits = parse_number<unsigned>(text.substr(slash + 1));
  return bits && *bits <= (is_ipv6 ? 128U : 32U);
}

bool is_user_name(std::string_view text) {
  return !text.empty() && text.size() <= kMaxName && consists_of(text, "._@-");
}

bool is_password_hash(std::string_view text) {
  if (text.size() > kMaxHash) return false;
  for (const std::string_view scheme : {"{SHA}", "{SSHA}"}) {
    if (!text.starts_with(scheme)) continue;
    text.remove_prefix(scheme.size());
    return !text.empty() && consists_of(text, "+/=");
  }
  return text.size() > 1 && text.front() == '$' && consists_of(text, "./$=,");
}

std::optional<std::uint16_t> parse_port_number(std::string_view text) {
  const auto number = parse_number<std::uint16_t>(text);
  return number && *number > 0 ? number : std::nullopt;
}

bool is_ip_address(std::string_view text) {
  return base::parse_ipv4(text) || base::parse_ipv6(text);
}

bool is_host(std::string_view text) { return is_ip_address(text) || is_dns_name(text); }

absl::StatusOr<Origin> parse_origin(std::string_view text, std::uint16_t default_port) {
  std::string_view host = text;
  std::string_view after;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos || !base::parse_ipv6(text.substr(1, end - 1))) {
      return origin_error(text);
    }
    host = text.substr(1, end - 1);
    after = text.substr(end + 1);
  } else if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
    host = text.substr(0, colon);
    after = text.substr(colon);
  }
  Origin origin{.host = absl::AsciiStrToLower(absl::string_view(host.data(), host.size())),
                .port = default_port,
                .weight = 1};
  if (origin.host == "localhost") origin.host = "127.0.0.1";
  if (!after.empty()) {
    const auto port = after.starts_with(':') ? parse_port_number(after.substr(1)) : std::nullopt;
    if (!port) return origin_error(text);
    origin.port = *port;
  }
  if (!is_host(origin.host) || origin.port == 0) return origin_error(text);
  return origin;
}

}  // namespace mex::nginx
