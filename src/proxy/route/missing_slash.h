#pragma once

#include <string>
#include <string_view>

#include "http/method.h"

namespace mex::proxy::route {

// Where a client is sent that asks for a route's path without its last slash: to the same path with
// it, as the original's router did. `path` is in normal form: it begins with one slash and cannot
// be taken for a host.
inline std::string with_missing_slash(std::string_view path, bool has_query,
                                      std::string_view query) {
  std::string location(path);
  location += '/';
  if (has_query) {
    location += '?';
    location += query;
  }
  return location;
}

// Methods other than these are repeated as they are.
inline int missing_slash_status(http::Method method) {
  return method == http::Method::Get || method == http::Method::Head ? 301 : 307;
}

}  // namespace mex::proxy::route
