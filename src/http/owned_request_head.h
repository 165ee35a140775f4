#pragma once

#include <string>
#include <string_view>

#include "http/head.h"

namespace mex::http {

// A request's head with the text that its views point to, for who needs it longer than the buffer
// that it came in. Made to be used again and again: its memory stays.
class OwnedRequestHead {
 public:
  OwnedRequestHead() = default;
  // The views would go on pointing to the other one's text.
  OwnedRequestHead(const OwnedRequestHead&) = delete;
  OwnedRequestHead& operator=(const OwnedRequestHead&) = delete;

  void copy_of(const RequestHead& head);

  // As the one that was copied; its views are valid until the next copy.
  const RequestHead& head() const { return head_; }

 private:
  std::string_view own(std::string_view text);

  std::string text_;
  RequestHead head_;
};

}  // namespace mex::http
