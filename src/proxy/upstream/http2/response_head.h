#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "http/head.h"

namespace mex::proxy::upstream::http2 {

// The head of an answer that came over HTTP/2 (RFC 9113 section 8.3.2), read by the rules that
// HTTP/1's are read by, so that a client of either protocol gets what the origin meant. Used again
// after reset(). Shard thread only.
class ResponseHead {
 public:
  enum class Fault : std::uint8_t {
    None,
    Malformed,  // RFC 9113 section 8.1.1
    TooLarge,   // the stream ends
    Endless,    // far beyond what a head may be: the connection ends
  };

  // The next field of the head, in the order sent.
  Fault add(std::string_view name, std::string_view value);
  // All have come. `ends`: the stream ends with them.
  Fault finish(http::Method request_method, bool ends);

  bool is_interim() const { return head_.status < 200; }
  // Valid behind finish() that gave None, until reset().
  const http::ResponseHead& head() const { return head_; }

  void reset();

 private:
  Fault add_status(std::string_view name, std::string_view value);

  http::ResponseHead head_;
  std::string lines_;
  std::size_t size_ = 0;
  bool has_field_ = false;
};

}  // namespace mex::proxy::upstream::http2
