#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "proxy/route/route.h"

namespace mex::proxy::route {

// What the client asked for, after routing.
struct RequestTarget {
  // In normal form with its runs of '/' kept (http::Slashes::Kept). With them merged it is covered
  // by the route's key.
  std::string_view path;
  std::string_view query;  // as sent, without '?'
  bool has_query = false;
};

// Bytes that rewrite_target needs at most.
std::size_t rewritten_size(const Route& route, const RequestTarget& target);

// The target to ask the origin for: the origin's own path, then what is left of the request path
// after the route's key, with the slashes it has there, then the query unchanged. README.md has the
// table. `space` holds at least rewritten_size() bytes; the view points into it.
std::string_view rewrite_target(const Route& route, const RequestTarget& target,
                                std::span<char> space);

}  // namespace mex::proxy::route
