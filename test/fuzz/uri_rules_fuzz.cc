// Paths, authorities and origin URLs. Promises: the normal form of a path is a fixed point, no
// longer than the path, with nothing left that an origin could resolve once more, and it means the
// same as the path once all escapes are gone; a parsed origin URL written as text parses to itself.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "http/authority.h"
#include "http/origin_url.h"
#include "http/uri.h"
#include "oracle.h"

namespace {

using namespace mex::http;

std::string decoded(std::string_view path) {
  std::string space(path.size(), '\0');
  const Decoded result = percent_decode(path, space);
  require(result.ok, "accepted paths can be decoded");
  return std::string(result.text);
}

// RFC 3986 section 5.2.4 on segments, with empty ones dropped.
std::string resolved_plainly(std::string_view path) {
  std::vector<std::string_view> kept;
  bool open_end = false;
  while (!path.empty()) {
    path.remove_prefix(1);  // '/'
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view segment = path.substr(0, end);
    path.remove_prefix(end);
    open_end = segment.empty() || segment == "." || segment == "..";
    if (segment == "..") {
      require(!kept.empty(), "accepted paths stay below the root");
      kept.pop_back();
    } else if (!open_end) {
      kept.push_back(segment);
    }
  }
  std::string result;
  for (const std::string_view segment : kept) result.append("/").append(segment);
  return open_end ? result + "/" : result;
}

// Escaped slashes are data: kept apart from separators by another escape while decoding.
std::string with_protected_slashes(std::string_view path) {
  std::string result;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const bool escaped_slash = path.substr(i, 2) == "%2" && i + 2 < path.size() &&
                               (path[i + 2] == 'f' || path[i + 2] == 'F');
    if (escaped_slash) {
      result += "%01";  // never stands in an accepted path
      i += 2;
    } else {
      result += path[i];
    }
  }
  return result;
}

void check_path(std::string_view raw) {
  std::string space(raw.size(), '\0');
  const NormalPath normal = normalize_path(raw, space);
  if (normal.fault != PathFault::None) return;
  const std::string path(normal.path);
  require(!path.empty() && path.front() == '/', "normal paths start with a slash");
  require(path.size() <= raw.size(), "normal paths are not longer");

  std::string again(path.size(), '\0');
  require(normalize_path(path, again).path.data() == path.data() ||
              normalize_path(path, again).path == path,
          "the normal form is a fixed point");
  require(decoded(with_protected_slashes(path)) ==
              resolved_plainly(decoded(with_protected_slashes(raw))),
          "the normal form means the same");

  // With its empty segments kept it is the same path, and as safe.
  std::string kept_space(raw.size(), '\0');
  const NormalPath with_empty = normalize_path(raw, kept_space, Slashes::Kept);
  require(with_empty.fault == PathFault::None, "kept slashes are no fault");
  std::string merged_space(with_empty.path.size(), '\0');
  require(merge_slashes(with_empty.path, merged_space) == path, "it leads where it is routed");
  require(!with_empty.path.starts_with("//"), "nothing that could be taken for a host");
  require((std::string(with_empty.path) + "/").find("/../") == std::string::npos,
          "nothing to climb");

  // However an origin decodes, it finds nothing to climb.
  std::string seen = decoded(path);
  require(seen.find('\\') == std::string::npos && seen.find('\0') == std::string::npos,
          "no backslash, no NUL");
  require((seen + "/").find("/../") == std::string::npos, "nothing to climb");
  require(seen.find("/..;") == std::string::npos, "nothing to climb behind a parameter");
}

void check_origin(std::string_view text) {
  const absl::StatusOr<OriginUrl> url = parse_origin_url(text);
  if (!url.ok()) return;
  const absl::StatusOr<OriginUrl> again = parse_origin_url(url->text());
  require(again.ok() && *again == *url, "an origin's text parses to itself");
  require(parse_authority(url->authority()).has_value(), "its authority is one");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_path(text);
  check_origin(text);
  if (const auto authority = parse_authority(text); authority.has_value()) {
    require(text.find(authority->host) != std::string_view::npos, "the host is part of the text");
    require(is_ipv6_address(authority->host) == authority->is_ipv6, "brackets mean IPv6");
  }
  return 0;
}
