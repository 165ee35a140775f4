#pragma once

#include <cstdint>

#include "http/header_list.h"
#include "http/method.h"
#include "http/parse_error.h"

namespace mex::http {

enum class Version : std::uint8_t { Http10, Http11 };

// How the length of a message's body is known (RFC 9112 section 6.3).
struct BodyFraming {
  enum class Kind : std::uint8_t {
    None,           // no body at all
    ContentLength,  // exactly `length` bytes, which may be 0
    Chunked,
    UntilClose,  // responses only: ends where the connection ends
  };
  Kind kind = Kind::None;
  std::uint64_t length = 0;  // bytes; only for ContentLength

  // A body of a request follows: one that may be empty, if its length is not known.
  bool has_body() const { return kind == Kind::Chunked || length > 0; }

  bool operator==(const BodyFraming&) const = default;
};

struct FramingVerdict {
  BodyFraming framing;
  ParseError error = ParseError::None;
};

// Stricter than the RFC where parsers are known to disagree, because a disagreement is a smuggled
// request: more than one Content-Length is refused even when they are equal, Content-Length beside
// Transfer-Encoding is refused, the only transfer coding is "chunked" and it is refused in
// HTTP/1.0.
FramingVerdict request_framing(Version version, const HeaderList& headers);

// The same for a response; which request it answers matters for HEAD and CONNECT.
FramingVerdict response_framing(Version version, int status, Method request_method,
                                const HeaderList& headers);

}  // namespace mex::http
