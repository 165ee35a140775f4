#pragma once

#include <cstddef>
#include <string_view>

#include "http/head.h"
#include "http/parse_outcome.h"

namespace mex::http {

struct ResponseLimits {
  std::size_t head = 64U * 1024U;  // bytes of the whole head
  std::size_t headers = HeaderList::kCapacity;
};

// Parses the head of one HTTP/1 response, with the rules and the life cycle of RequestParser. An
// interim response (1xx) is a head of its own: call reset() and feed what follows it.
class ResponseParser {
 public:
  explicit ResponseParser(ResponseLimits limits = {});

  // Ready for the next response, which answers a request with this method (RFC 9112 section 6.3).
  void reset(Method request_method);

  ParseOutcome feed(std::string_view bytes);
  const ResponseHead& head() const { return head_; }

 private:
  ParseOutcome parse_lines(std::string_view bytes);
  ParseOutcome finish(std::size_t head_length);

  ResponseLimits limits_;
  Method request_method_ = Method::Get;
  ResponseHead head_;
  const char* base_ = nullptr;
  std::size_t line_start_ = 0;
  std::size_t searched_ = 0;
  bool status_line_done_ = false;
};

}  // namespace mex::http
