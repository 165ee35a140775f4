#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "http/uri.h"
#include "proxy/route/path_regex.h"

namespace mex::proxy {

// The path of one request at a time in the two forms that matter; views live until the next call.
// Shard thread only.
class RequestPath {
 public:
  http::PathFault read(std::string_view raw) {
    if (space_.size() < raw.size()) space_.resize(raw.size());
    const http::NormalPath normal = http::normalize_path(raw, space_, http::Slashes::Kept);
    passed_on_ = normal.path;
    routed_ = normal.path;
    // What was in normal form already has no empty segments.
    if (normal.path.data() != raw.data() && http::has_empty_segment(normal.path)) {
      merged_.resize(normal.path.size());
      routed_ = http::merge_slashes(normal.path, merged_);
    }
    return normal.fault;
  }

  // With its empty segments, as the origin gets to see what is left of it.
  std::string_view passed_on() const { return passed_on_; }
  // What routes are compared with: a path has the same route however many slashes stand between its
  // segments. Else it could be asked for around the route that is meant to answer it.
  std::string_view routed() const { return routed_; }
  // What a route makes of it for its origin; nothing if that is no path.
  std::optional<std::string_view> rewritten(const route::PathRegex& regex, std::string_view rewrite,
                                            std::size_t shard) {
    if (!regex.rewrite(routed_, rewrite, shard, rewritten_)) return std::nullopt;
    return rewritten_;
  }

 private:
  std::string space_;
  std::string merged_;
  std::string rewritten_;
  std::string_view passed_on_;
  std::string_view routed_;
};

}  // namespace mex::proxy
