#include "events/one_line.h"

#include <gtest/gtest.h>

#include "base/utf8.h"

namespace mex::events {
namespace {

TEST(OneLine, LeavesGoodTextAlone) {
  EXPECT_EQ(one_line("", 10), "");
  EXPECT_EQ(one_line("a b", 3), "a b");
  EXPECT_EQ(one_line("caf\xc3\xa9", 5), "caf\xc3\xa9");
}

TEST(OneLine, HasNoControlCharacters) {
  EXPECT_EQ(one_line("a\nb\tc\x7f"
                     "d",
                     100),
            "a b c d");
}

TEST(OneLine, MalformedBytesAreMarked) {
  EXPECT_EQ(one_line("a\xff\xc3", 100), "a\xef\xbf\xbd\xef\xbf\xbd");
}

TEST(OneLine, WhatIsTooLongIsCutBetweenCharacters) {
  EXPECT_EQ(one_line("abcdefg", 6), "abc\xe2\x80\xa6");
  EXPECT_EQ(one_line("ab\xc3\xa9\xc3\xa9\xc3\xa9", 6), "ab\xe2\x80\xa6");
  for (std::size_t most = 0; most < 12; ++most) {
    const std::string line = one_line("\xc3\xa9\xff-\xe2\x82\xac\xf0\x9f\x98\x80", most);
    EXPECT_LE(line.size(), most);
    EXPECT_TRUE(base::is_utf8(line)) << most;
  }
}

}  // namespace
}  // namespace mex::events
