#pragma once

// Reads byte streams as a server or a client would, for the tests of this folder.

#include <cstddef>
#include <string>
#include <string_view>

#include "http/method.h"
#include "http/parse_error.h"

namespace mex::http {

// What was understood of a stream, as text that a table can hold, and the fault that ended it:
// "GET /a; POST /b=hello" are two requests, the second with a body. "POST /b=hel..." has a body
// that is not complete; "..." at the end alone stands for bytes of a head that is not complete.
struct Transcript {
  std::string text;
  ParseError error = ParseError::None;

  bool operator==(const Transcript&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Transcript& transcript);

// The stream arrives in pieces of `step` bytes.
Transcript read_requests(std::string_view bytes, std::size_t step);

// Responses to requests with `method`: "200=hello; 204". `closed`: the peer closes at the end.
Transcript read_responses(std::string_view bytes, Method method, std::size_t step,
                          bool closed = false);

}  // namespace mex::http
