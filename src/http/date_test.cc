#include "http/date.h"

#include <gtest/gtest.h>

#include <string>

namespace mex::http {
namespace {

std::string text_at(std::int64_t seconds) { return std::string(DateText(seconds).text()); }

// RFC 9110 section 5.6.7 has the first one as its example.
TEST(DateTextTest, WritesTheFixedForm) {
  EXPECT_EQ(text_at(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(text_at(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(text_at(1709251199), "Thu, 29 Feb 2024 23:59:59 GMT");
  EXPECT_EQ(text_at(951782400), "Tue, 29 Feb 2000 00:00:00 GMT");
  EXPECT_EQ(text_at(4107542399), "Sun, 28 Feb 2100 23:59:59 GMT");
  EXPECT_EQ(text_at(4107542400), "Mon, 01 Mar 2100 00:00:00 GMT");
  EXPECT_EQ(text_at(253402300799), "Fri, 31 Dec 9999 23:59:59 GMT");
}

}  // namespace
}  // namespace mex::http
