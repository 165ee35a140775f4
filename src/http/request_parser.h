#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/field_line.h"
#include "http/head.h"
#include "http/line_cutter.h"
#include "http/parse_error.h"

namespace mex::http {

struct RequestLimits {
  std::size_t request_line = 8192;  // bytes including CRLF; over it: 414
  std::size_t head = 32768;         // bytes of the whole head; over it: 431
  std::size_t headers = HeaderList::kCapacity;
};

// Parses the head of one HTTP/1 request, strictly (RFC 9112; README.md lists the choices). Works
// over the caller's buffer, copies and allocates nothing. One thread at a time.
class RequestParser {
 public:
  explicit RequestParser(RequestLimits limits = {});

  // `bytes` is everything received so far since the start of this request: each call gives the
  // previous bytes and more. Each byte is looked at once as long as the bytes stay at one address;
  // when they have moved, the lines seen so far are parsed again. The outcome does not depend on
  // how the input was cut into pieces. After Complete or Rejected call reset() before feeding on.
  ParseOutcome feed(std::string_view bytes);

  // Valid after Complete, until reset(), and while the fed bytes stay in place.
  const RequestHead& head() const { return head_; }

  // Ready for the next request.
  void reset();

 private:
  enum class Stage : std::uint8_t { Start, AfterEmptyLine, Headers };

  void rewind();
  LineFault parse_line(std::string_view line);
  ParseOutcome finish();

  RequestLimits limits_;
  LineCutter lines_;
  Stage stage_ = Stage::Start;
  const char* base_ = nullptr;  // where the bytes were in the call before
  RequestHead head_;
};

}  // namespace mex::http
