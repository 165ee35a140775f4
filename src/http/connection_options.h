#pragma once

#include <cstddef>

#include "http/header_list.h"
#include "http/parse_error.h"

namespace mex::http {

// What the Connection header of a message says (RFC 9110 section 7.6.1).
struct ConnectionOptions {
  bool close = false;
  bool keep_alive = false;
  bool upgrade = false;
  ParseError error = ParseError::None;
};

// More elements than this are refused: each is compared with every header of the message.
inline constexpr std::size_t kMaxConnectionOptions = 32;

// Reads all Connection headers and marks the fields that they name as hop-by-hop. Host and
// Content-Length cannot be named away: they belong to the message, not to the connection.
ConnectionOptions read_connection_options(HeaderList& headers);

}  // namespace mex::http
