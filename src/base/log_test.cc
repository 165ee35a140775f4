#include "base/log.h"

#include <gtest/gtest.h>

namespace mex::log {
namespace {

TEST(TextLine, NamesAndValuesFollowTheMessage) {
  EXPECT_EQ(text_line("route added", {{"path", "/test2"}, {"shards", 2}}),
            "route added path=/test2 shards=2");
}

TEST(TextLine, QuotesWhatCouldBeMistaken) {
  EXPECT_EQ(text_line("m", {{"a", "two words"}, {"b", ""}, {"c", "x=\"y\""}, {"d", "l1\nl2"}}),
            R"(m a="two words" b="" c="x=\"y\"" d="l1\nl2")");
}

TEST(JsonLine, IsOneObject) {
  EXPECT_EQ(json_line("2026-11-22T13:28:25.123Z", Level::Warning, "m", {{"a", "\x01\xff"}}),
            "{\"time\":\"2026-11-22T13:28:25.123Z\",\"level\":\"warning\",\"message\":\"m\","
            "\"a\":\"\\u0001\xEF\xBF\xBD\"}");
}

}  // namespace
}  // namespace mex::log
