#pragma once

#include <cstddef>
#include <string_view>

#include "http/header_list.h"
#include "http/parse_error.h"

namespace mex::http {

// What is wrong with a line, and at which byte of it.
struct LineFault {
  ParseError error = ParseError::None;
  std::size_t offset = 0;
};

// Parses "name: value" (RFC 9112 section 5), `line` without CRLF, and appends it to `headers`
// unless that holds `max_headers` already.
LineFault parse_field_line(std::string_view line, std::size_t max_headers, HeaderList& headers);

// Lines that end with CRLF, each of which is a field. False at the first one that is none, or that
// the list has no place for.
bool parse_field_lines(std::string_view lines, HeaderList& headers);

// Which fault a byte that is neither value byte nor expected here amounts to.
ParseError fault_of_byte(char byte, ParseError otherwise);

}  // namespace mex::http
