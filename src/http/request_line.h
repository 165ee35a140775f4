#pragma once

#include <string_view>

#include "http/field_line.h"
#include "http/head.h"

namespace mex::http {

// Parses "method target version" (RFC 9112 section 3), `line` without CRLF, into the members of
// `head` that it decides. In absolute-form `host_text` and `host` get the target's authority.
LineFault parse_request_line(std::string_view line, RequestHead& head);

// "HTTP/1.1", exactly (RFC 9112 section 2.3).
ParseError parse_version(std::string_view text, Version& version);

}  // namespace mex::http
