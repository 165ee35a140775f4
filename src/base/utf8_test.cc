#include "base/utf8.h"

#include <gtest/gtest.h>

namespace mex::base {
namespace {

TEST(Utf8Test, TakesWellFormedText) {
  for (const std::string_view text : {"", "plain", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80",
                                      "\xED\x9F\xBF", "\xEE\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(is_utf8(text)) << text;
  }
}

TEST(Utf8Test, RefusesWhatTable3_7DoesNotHave) {
  for (const std::string_view text :
       {"\x80", "\xC0\xAF", "\xC1\xBF", "\xC3", "\xC3\x28", "\xE0\x80\x80", "\xE2\x82",
        "\xED\xA0\x80", "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF",
        "\xE2\x82\x28", "a\xF0\x9F\x98"}) {
    EXPECT_FALSE(is_utf8(text));
  }
}

}  // namespace
}  // namespace mex::base
