#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace mex::http {

// The value of a Date header (RFC 9110 section 5.6.7), "Sun, 06 Nov 1994 08:49:37 GMT". Format it
// once a second and keep it: http reads no clock.
class DateText {
 public:
  // `unix_seconds` since 1970-01-01 00:00 UTC, not negative, before the year 10000.
  explicit DateText(std::int64_t unix_seconds);
  std::string_view text() const { return {text_.data(), text_.size()}; }

 private:
  std::array<char, 29> text_;
};

}  // namespace mex::http
