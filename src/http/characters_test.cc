#include "http/characters.h"

#include <gtest/gtest.h>

#include <string>

namespace mex::http {
namespace {

TEST(CharactersTest, TokenBytes) {
  EXPECT_TRUE(is_token("X-Mine_1!#$%&'*+.^`|~"));
  EXPECT_FALSE(is_token(""));
  for (unsigned byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const bool separator = std::string_view("\"(),/:;<=>?@[\\]{}").find(c) != kNotFound;
    EXPECT_EQ(is_token_byte(c), byte > 0x20 && byte < 0x7F && !separator) << byte;
  }
}

TEST(CharactersTest, HexValues) {
  EXPECT_EQ(hex_value('0'), 0);
  EXPECT_EQ(hex_value('a'), 10);
  EXPECT_EQ(hex_value('F'), 15);
  for (char c : {'g', 'G', '/', ':', '@', '`', '\0', '\x80'}) EXPECT_EQ(hex_value(c), -1);
}

// The quick search agrees with the plain definition, for every byte at every place.
TEST(CharactersTest, FindsEveryNonValueByte) {
  for (std::size_t length : {1U, 7U, 8U, 9U, 16U, 31U}) {
    for (std::size_t place = 0; place < length; ++place) {
      for (unsigned byte = 0; byte < 256; ++byte) {
        std::string text(length, '\t');
        text[place] = static_cast<char>(byte);
        const std::size_t expected = is_value_byte(text[place]) ? kNotFound : place;
        ASSERT_EQ(find_non_value_byte(text), expected) << byte << " at " << place;
      }
    }
  }
  EXPECT_EQ(find_non_value_byte(""), kNotFound);
}

TEST(CharactersTest, FindsTheFirstNonValueByte) {
  EXPECT_EQ(find_non_value_byte(std::string_view("abcdefgh\0\x01", 10)), 8U);
  EXPECT_EQ(find_non_value_byte("\x7F\x01"), 0U);
}

TEST(CharactersTest, TrimsSpacesAndTabsOnly) {
  EXPECT_EQ(trim_white_space(" \ta b\t "), "a b");
  EXPECT_EQ(trim_white_space("\va"), "\va");
  EXPECT_EQ(trim_white_space(" \t"), "");
}

}  // namespace
}  // namespace mex::http
