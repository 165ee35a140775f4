#include "base/json_text.h"

#include <gtest/gtest.h>

namespace mex::base {
namespace {

struct Case {
  std::string_view value;
  std::string_view json;
};

TEST(AppendJsonString, Rfc8259Section7) {
  const Case cases[] = {
      {"", R"("")"},
      {"plain", R"("plain")"},
      {"quote \" backslash \\", R"("quote \" backslash \\")"},
      {"\n\r\t", R"("\n\r\t")"},
      {std::string_view("\0\x1f\x7f", 3), R"("\u0000\u001f\u007f")"},
      {"é€😀", "\"é€😀\""},
  };
  for (const Case& c : cases) {
    std::string out;
    append_json_string(out, c.value);
    EXPECT_EQ(out, c.json);
  }
}

TEST(AppendJsonString, InvalidUtf8BecomesTheReplacementCharacter) {
  const std::string_view cases[] = {"\x80", "\xC0", "\xC3", "\xE2\x82", "\xF5", "\xED\xA0", "\xFF"};
  for (const std::string_view value : cases) {
    std::string out;
    append_json_string(out, value);
    EXPECT_EQ(out.find("\xEF\xBF\xBD"), 1U);
    EXPECT_EQ(out.find(value), std::string::npos);
  }
}

TEST(QuotedTest, ShowsAnyBytes) {
  EXPECT_EQ(quoted("a\"b\n"), R"("a\"b\n")");
  EXPECT_EQ(quoted("se2\x91\xDC="), "\"se2\xEF\xBF\xBD\xEF\xBF\xBD=\"");
}

}  // namespace
}  // namespace mex::base
