#pragma once

#include <cstddef>
#include <string_view>

#include "http/field_line.h"
#include "http/head.h"
#include "http/line_cutter.h"
#include "http/parse_error.h"

namespace mex::http {

struct ResponseLimits {
  std::size_t head = 65536;  // bytes of the whole head
  std::size_t headers = HeaderList::kCapacity;
};

// Parses the head of one HTTP/1 response, with the rules and the life cycle of RequestParser. An
// interim response (1xx) is a separate head: call reset() and feed what follows it.
class ResponseParser {
 public:
  explicit ResponseParser(ResponseLimits limits = {});

  // Ready for the next response, which answers a request with this method (RFC 9112 section 6.3).
  void reset(Method request_method);

  ParseOutcome feed(std::string_view bytes);
  const ResponseHead& head() const { return head_; }

 private:
  void rewind();
  LineFault parse_line(std::string_view line);
  ParseOutcome finish();

  ResponseLimits limits_;
  LineCutter lines_;
  bool status_line_done_ = false;
  Method request_method_ = Method::Get;
  const char* base_ = nullptr;  // where the bytes were in the call before
  ResponseHead head_;
};

}  // namespace mex::http
