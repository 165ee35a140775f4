#pragma once

#include <string>
#include <string_view>

namespace mex::http_client {

// `text` with everything but the unreserved characters of RFC 3986 section 2.3 percent-encoded: for
// one path segment or one query value.
std::string percent_encode(std::string_view text);

}  // namespace mex::http_client
