#include "api/transcoding/precondition.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace mex::api::transcoding {
namespace {

TEST(PreconditionTest, WhatIfMatchSays) {
  const std::pair<const char*, const char*> kGood[] = {
      {"", ""},
      {"*", "*"},
      {" * ", "*"},
      {"\"5\"", "5"},
      {"\"5\", \"7\"", "5,7"},
      {",\"5\",,", "5"},
      // None of ours: nothing is at it.
      {"W/\"5\"", "\"\""},
      {"\"\"", "\"\""},
      {"\"5,6\"", "\"\""},
      {"\"*\"", "\"\""},
  };
  for (const auto& [text, etags] : kGood) {
    const auto precondition = parse_precondition(text, "");
    ASSERT_TRUE(precondition.ok()) << text;
    EXPECT_EQ(precondition->etags, etags) << text;
    EXPECT_FALSE(precondition->must_not_exist);
  }
  for (const char* text :
       {"5", "\"5", "5\"", "W/5", "w/\"5\"", "\"5\" \"6\"", "*, \"5\"", ",", "W/"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(parse_precondition(text, "").status())) << text;
  }
}

TEST(PreconditionTest, WhatIfNoneMatchSays) {
  EXPECT_TRUE(parse_precondition("", "*")->must_not_exist);
  // An answer may always be sent whole.
  EXPECT_FALSE(parse_precondition("", "\"5\"")->must_not_exist);
  EXPECT_TRUE(parse_precondition("", "")->is_empty());
}

}  // namespace
}  // namespace mex::api::transcoding
