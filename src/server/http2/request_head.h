#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "http/parse_error.h"
#include "http/request_parser.h"

namespace mex::server::http2 {

// The head of a request that came over HTTP/2 (RFC 9113 section 8.3): it is written down as the
// HTTP/1.1 head that says the same and given to the parser of those. So there is one reading of a
// request, with the same rules and the same limits, whichever protocol it came over, and it is the
// one that an HTTP/1.1 origin will have. What HTTP/1.1 cannot say, and what only looks like it, is
// refused before. Used again for the next request after reset(). Shard thread only.
class RequestHead {
 public:
  // What is wrong with a field, or with all of them.
  enum class Fault : std::uint8_t {
    None,
    Malformed,  // RFC 9113 section 8.1.1: the stream ends with PROTOCOL_ERROR
    Endless,    // far beyond what a head may be: the connection ends
    Refused,    // answered with status() and line()
  };

  explicit RequestHead(const http::RequestLimits& limits);

  // The next field of the head, in the order sent.
  Fault add(std::string_view name, std::string_view value);
  // All have come. `has_body`: the stream goes on behind them.
  Fault finish(bool has_body);
  // Of a field of the trailers.
  static Fault check_trailer(std::string_view name, std::string_view value);

  // Valid behind finish() that gave None, until reset().
  const http::RequestHead& head() const { return parser_.head(); }
  // An extended CONNECT for a WebSocket (RFC 8441): head() is the request for an upgrade.
  bool is_websocket() const { return is_websocket_; }
  // Valid behind Refused.
  int status() const { return status_; }
  std::string_view line() const { return line_; }

  void reset();

 private:
  Fault add_pseudo(std::string_view name, std::string_view value);
  void add_host(std::string_view value);
  void add_cookie(std::string_view value);
  void append_field(std::string_view name, std::string_view value);
  Fault check_pseudo_fields(bool has_body);
  Fault check_connect(bool has_body);
  void write_head(bool has_body);
  Fault refuse(http::ParseError error);
  Fault refuse(int status, std::string_view line);

  const http::RequestLimits& limits_;
  http::RequestParser parser_;
  struct Pseudo {
    std::string method, scheme, authority, path, protocol;
  } pseudo_;
  std::string fields_;   // lines of HTTP/1.1
  std::string cookies_;  // joined
  std::string text_;     // the head of HTTP/1.1
  std::size_t size_ = 0;
  std::size_t lines_ = 0;
  struct Seen {
    bool field = false;  // one that is no pseudo-header field
    bool host = false;
    bool length = false;
  } seen_;
  http::ParseError error_ = http::ParseError::None;  // found before the end
  bool is_websocket_ = false;
  int status_ = 0;
  std::string_view line_;
};

}  // namespace mex::server::http2
