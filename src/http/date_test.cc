#include "http/date.h"

#include <gtest/gtest.h>

namespace mex::http {
namespace {

std::string_view text_at(long seconds) {
  static DateText date{std::chrono::sys_seconds()};
  date = DateText(std::chrono::sys_seconds(std::chrono::seconds(seconds)));
  return date.text();
}

// RFC 9110 section 5.6.7 has the first one as its example.
TEST(DateTextTest, WritesTheFixedForm) {
  EXPECT_EQ(text_at(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(text_at(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(text_at(1709251199), "Thu, 29 Feb 2024 23:59:59 GMT");
  EXPECT_EQ(text_at(1798761599), "Thu, 31 Dec 2026 23:59:59 GMT");
}

}  // namespace
}  // namespace mex::http
