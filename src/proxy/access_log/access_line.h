#pragma once

#include <cstddef>
#include <string>

#include "proxy/access_log/access_entry.h"

namespace mex::proxy {

// No line is longer, whatever its parts are: longer text is cut, and says so at its end ("…").
inline constexpr std::size_t kMaxAccessLine = 80U << 10U;

// Appends `entry` as one JSON object and a line feed. Always valid JSON in UTF-8, whatever bytes
// the client sent. What can hold credentials is not in it: of the request's fields nothing but
// User-Agent and Referer, of that neither a user nor, unless `has_query`, the query, and of the
// target only then its query, too. Allocates nothing where `out` has room for kMaxAccessLine.
void append_access_line(std::string& out, const AccessEntry& entry, bool has_query);

}  // namespace mex::proxy
