#include "api/transcoding/duration_text.h"

#include <gtest/gtest.h>

#include <string>

namespace mex::api::transcoding {
namespace {

TEST(DurationTextTest, AsPeopleWriteIt) {
  const std::pair<const char*, const char*> cases[] = {
      {"15m", "900s"},  {"1h30m", "5400s"},
      {"90s", "90s"},   {"90", "90s"},
      {"1d", "86400s"}, {"500ms", "0.500s"},
      {"0", "0s"},      {"1h0m1s", "3601s"},
      {"1.5s", "1.5s"}, {"1d2h3m4s5ms", "93784.005s"},
      {"-1s", "-1s"},   {"007", "7s"},
  };
  for (const auto& [text, plain] : cases) EXPECT_EQ(plain_duration(text), plain) << text;
}

TEST(DurationTextTest, WhatIsNoneIsNothing) {
  for (const std::string text :
       {"", "m", "15 m", "m15", "1m1h", "1m1m", "-5m", "1.5h", "15min", "soon", "+1m", "s",
        "99999999999999999999", "315576000001", "99999999999h", "1h-1m", "15M"}) {
    EXPECT_EQ(plain_duration(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace mex::api::transcoding
