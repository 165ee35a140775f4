#pragma once

#include <string>
#include <string_view>

#include "http/uri.h"

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

 private:
  std::string space_;
  std::string merged_;
  std::string_view passed_on_;
  std::string_view routed_;
};

}  // namespace mex::proxy
