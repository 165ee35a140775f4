#include "base/duration_text.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace mex::base {
namespace {

TEST(DurationTextTest, AsPeopleWriteIt) {
  const std::pair<const char*, std::int64_t> cases[] = {
      {"15m", 900'000},      {"1h30m", 5'400'000},
      {"90", 90'000},        {"1d", 86'400'000},
      {"500ms", 500},        {"0", 0},
      {"1h0m1s", 3'601'000}, {"1d2h3m4s5ms", 93'784'005},
      {"007", 7'000},
  };
  for (const auto& [text, count] : cases) {
    EXPECT_EQ(parse_duration(text), std::chrono::milliseconds(count)) << text;
  }
}

TEST(DurationTextTest, WhatIsNoneIsNothing) {
  for (const std::string& text :
       {std::string(), std::string("m"), std::string("15 m"), std::string("1m1h"),
        std::string("1m1m"), std::string("-5m"), std::string("15min"), std::string("soon"),
        std::string("99999999999999999999"), std::string("315576000001"),
        std::string("99999999999h"), std::string("15M"), std::string("1m\0", 3)}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace mex::base
