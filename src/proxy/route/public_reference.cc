#include "proxy/route/public_reference.h"

#include <algorithm>
#include <optional>

#include "http/characters.h"
#include "http/header_list.h"

namespace mex::proxy::route {
namespace {

constexpr std::uint16_t kHttp = 80;
constexpr std::uint16_t kHttps = 443;

bool is_under(std::string_view path, std::string_view prefix) {
  return path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/');
}

// They are resolved by the client, who would leave the route with them.
bool has_dot_segment(std::string_view path) {
  for (std::size_t at = 0; (at = path.find("/.", at)) != std::string_view::npos; ++at) {
    const std::string_view rest = path.substr(at + 2);
    if (rest.empty() || rest.front() == '/' || rest == "." || rest.starts_with("./")) return true;
  }
  return false;
}

// A URI reference taken apart as far as it matters here (RFC 3986 section 4.2).
struct Reference {
  std::optional<bool> is_tls;  // of the schemes http and https
  std::string_view authority;
  std::string_view path;
  std::string_view rest;  // query and fragment
};

std::optional<Reference> parse_reference(std::string_view text) {
  Reference reference;
  if (http::starts_with_ignoring_case(text, "http:")) {
    reference.is_tls = false;
    text.remove_prefix(5);
  } else if (http::starts_with_ignoring_case(text, "https:")) {
    reference.is_tls = true;
    text.remove_prefix(6);
  }
  if (text.starts_with("//")) {
    text.remove_prefix(2);
    reference.authority = text.substr(0, text.find_first_of("/?#"));
    text.remove_prefix(reference.authority.size());
    if (reference.authority.empty()) return std::nullopt;
  } else if (reference.is_tls || !text.starts_with('/')) {
    return std::nullopt;  // relative to the path that was asked for, or another scheme
  }
  reference.path = text.substr(0, text.find_first_of("?#"));
  reference.rest = text.substr(reference.path.size());
  return reference;
}

// Behind any number of spaces.
std::string_view without_leading_space(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of(" \t"), text.size()));
}

}  // namespace

PublicReference::PublicReference(const Route& route, std::string_view asked_host)
    : route_(route), asked_host_(asked_host), base_(route.origin().path) {
  if (base_.ends_with('/')) base_.remove_suffix(1);
}

// By its own address, or by the name that it was asked for: it does not know whether TLS is ended
// before it.
bool PublicReference::is_origin(bool is_tls, std::string_view text) const {
  const std::optional<http::Authority> authority = http::parse_authority(text);
  if (!authority) return false;
  const std::uint16_t port = authority->port != 0 ? authority->port : (is_tls ? kHttps : kHttp);
  const http::OriginUrl& origin = route_.origin();
  if (http::equals_ignoring_case(authority->host, origin.host) && port == origin.port) return true;
  const std::optional<http::Authority> asked = http::parse_authority(asked_host_);
  if (!asked || !http::equals_ignoring_case(authority->host, asked->host)) return false;
  const auto is_usual = [](std::uint16_t p) { return p == 0 || p == kHttp || p == kHttps; };
  return authority->port == asked->port || (is_usual(authority->port) && is_usual(asked->port));
}

// An origin that knows of the prefix says the whole path. Where its own paths begin with the same
// segments, it cannot be distinguished from one that does not.
bool PublicReference::has_prefix(std::string_view path) const {
  const std::string_view prefix = route_.public_prefix();
  const bool is_deeper = prefix.size() > base_.size() && is_under(prefix, base_);
  return is_deeper && is_under(path, prefix);
}

bool PublicReference::rewrite_path(std::string_view path, std::string& out) const {
  const std::string_view prefix = route_.public_prefix();
  if (has_dot_segment(path)) return false;
  if (!is_under(path, base_)) return false;
  if (has_prefix(path)) return false;
  const std::string_view rest = path.substr(base_.size());
  if (prefix.empty() && rest.starts_with("//")) return false;  // that would be another host
  out += prefix;
  out += rest;
  if (prefix.empty() && rest.empty()) out += '/';
  return true;
}

bool PublicReference::rewrite_reference(std::string_view value, std::string& out) const {
  const std::optional<Reference> reference = parse_reference(value);
  if (!reference) return false;
  const std::size_t before = out.size();
  const std::string_view path = reference->path.empty() ? "/" : reference->path;
  if (!reference->authority.empty()) {
    const bool is_tls = reference->is_tls.value_or(route_.origin().tls);
    if (!is_origin(is_tls, reference->authority)) return false;
  }
  if (!rewrite_path(path, out)) {
    // An origin that knows its public paths, but not by which host and scheme they are reached.
    const bool is_public = has_prefix(path) && !reference->authority.empty();
    if (!is_public) return false;
    out += path;
  }
  out += reference->rest;
  if (std::string_view(out).substr(before) != value) return true;
  out.resize(before);
  return false;
}

bool PublicReference::rewrite_refresh(std::string_view value, std::string& out) const {
  const std::size_t separator = value.find_first_of(";,");
  if (separator == std::string_view::npos) return false;
  std::string_view url = without_leading_space(value.substr(separator + 1));
  if (http::starts_with_ignoring_case(url, "url")) {
    const std::string_view behind = without_leading_space(url.substr(3));
    if (behind.starts_with('=')) url = without_leading_space(behind.substr(1));
  }
  std::string_view end;
  if (!url.empty() && (url.front() == '"' || url.front() == '\'')) {
    const std::size_t closing = url.find(url.front(), 1);
    end = closing == std::string_view::npos ? "" : url.substr(closing);
    url = url.substr(1, closing == std::string_view::npos ? closing : closing - 1);
  }
  const std::size_t before = out.size();
  out += value.substr(0, static_cast<std::size_t>(url.data() - value.data()));
  if (!rewrite_reference(url, out)) {
    out.resize(before);
    return false;
  }
  out += end;
  return true;
}

bool PublicReference::rewrite_cookie(std::string_view value, std::string& out) const {
  // RFC 6265bis section 4.1.3.2: such a cookie has no path but "/".
  if (http::starts_with_ignoring_case(http::trim_white_space(value), "__Host-")) return false;
  const std::size_t before = out.size();
  bool is_changed = false;
  std::size_t taken = 0;
  for (std::size_t at = value.find(';'); at != std::string_view::npos; at = value.find(';', at)) {
    const std::string_view attribute = value.substr(at + 1, value.find(';', at + 1) - at - 1);
    ++at;
    const std::size_t equals = attribute.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = http::trim_white_space(attribute.substr(0, equals));
    const std::string_view path = http::trim_white_space(attribute.substr(equals + 1));
    if (!http::equals_ignoring_case(name, "Path") || !path.starts_with('/')) continue;
    const auto offset = static_cast<std::size_t>(path.data() - value.data());
    out += value.substr(taken, offset - taken);
    taken = offset;
    const std::string_view prefix = route_.public_prefix();
    if (path == "/" && !prefix.empty()) {
      out += prefix;  // not "/mq/": the route's path itself is one of its paths
    } else if (!rewrite_path(path, out)) {
      continue;
    }
    taken = offset + path.size();
    is_changed = true;
  }
  if (!is_changed) {
    out.resize(before);
    return false;
  }
  out += value.substr(taken);
  if (std::string_view(out).substr(before) != value) return true;
  out.resize(before);
  return false;
}

}  // namespace mex::proxy::route
