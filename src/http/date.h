#pragma once

#include <array>
#include <chrono>
#include <string_view>

namespace mex::http {

// The value of a Date header (RFC 9110 section 5.6.7), "Sun, 06 Nov 1994 08:49:37 GMT". Format it
// once a second and keep it: http reads no clock.
class DateText {
 public:
  explicit DateText(std::chrono::sys_seconds time);
  std::string_view text() const { return {text_.data(), text_.size()}; }

 private:
  std::array<char, 29> text_;
};

}  // namespace mex::http
