#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "proxy/route/request.h"
#include "proxy/route/route.h"

namespace mex::proxy::route {

// How far a key goes along a path.
enum class Coverage {
  Whole,         // the key is the path
  Below,         // the path goes on behind the key, at a segment border
  SlashMissing,  // the path is the key but for the slash at its end: "/app" of "/app/"
};

// The most routes that one path of one host may have, and the most regular expressions of one host:
// they are asked one after the other.
inline constexpr std::size_t kMaxRoutesOfPath = 64;

// The routes that have one key within one host, or its regular expressions (which have none), in
// the order in which they are asked. Immutable.
class PathRoutes {
 public:
  const std::vector<std::shared_ptr<const Route>>& all() const { return routes_; }

  // The first whose conditions the request has, or null. Allocates nothing and counts no
  // references.
  const Route* match(const RoutedRequest& request, Coverage coverage) const;
  // The same by rule; null if there is none.
  std::shared_ptr<const Route> find(const Rule& rule) const;

  // With `route`, in place of those that a request could belong to as well (is_tie); and without
  // the one that has the rule.
  std::shared_ptr<const PathRoutes> with(std::shared_ptr<const Route> route) const;
  std::shared_ptr<const PathRoutes> without(const Rule& rule) const;

  // Whether a route is for a path that the key covers so.
  static bool is_covered(const Route& route, const RoutedRequest& request, Coverage coverage) {
    if (route.pattern().kind() == PatternKind::Regex) {
      return route.pattern().regex().matches(request.path, request.shard);
    }
    return coverage == Coverage::Whole || route.pattern().kind() != PatternKind::Exact;
  }

 private:
  std::vector<std::shared_ptr<const Route>> routes_;
};

}  // namespace mex::proxy::route
