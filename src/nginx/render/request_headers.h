#pragma once

#include <string>

#include "nginx/render/resolved_instance.h"

namespace mex::nginx {

// What origins of http{} learn of a request beside what its client wrote. All of it stands at the
// level of http{}: nginx inherits the list of proxy_set_header as a whole or not at all. What
// differs from location to location is in variables: $origin_host is set there.
std::string request_headers_text(const ResolvedInstance& instance);

// The file beside it: names that only a proxy may use towards an origin (http/forwarding_headers.h)
// or that belong to one connection (RFC 9110 section 7.6.1), with a dash or an underscore at each
// place, so that no origin which makes one variable of both (RFC 3875 section 4.1.18) is misled.
// nginx drops a field whose value is set to nothing.
std::string dropped_headers_text();

}  // namespace mex::nginx
