#include "kubernetes/version.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"

namespace mex::kubernetes {
namespace {

TEST(VersionTest, IsReadAsPeoplePasteIt) {
  EXPECT_EQ(*parse_version("1.20.2"), (Version{1, 20, 2}));
  EXPECT_EQ(*parse_version("v1.30.2"), (Version{1, 30, 2}));
  EXPECT_EQ(*parse_version("1.31"), (Version{1, 31, 0}));
  EXPECT_EQ(*parse_version("v1.31"), (Version{1, 31, 0}));
}

TEST(VersionTest, IsReadStrictly) {
  for (const char* wrong :
       {"",           "1",       "vv1.20", "V1.20.2", "1.20.2 ",  " 1.20.2", "1.20.2-rc.1",
        "1.20.02",    "01.20.2", "1..2",   "1.-20.2", "1.20.2.3", "1.20.",   "+1.20.2",
        "1.20.99999", "1,20,2",  "a.b.c",  "v",       "1.2.",     "1.2.3.4", "1..3",
        ".1.2",       "1.2.x",   "01.2.3", "1.2.+3",  "1.2.-3",   "1.2.3 ",  "12345.0.0"}) {
    const auto version = parse_version(wrong);
    EXPECT_EQ(version.status().code(), absl::StatusCode::kInvalidArgument) << wrong;
    EXPECT_THAT(base::message_of(version.status()), ::testing::HasSubstr("like 1.30.2"));
  }
}

TEST(VersionTest, AreOrderedByNumberNotByText) {
  EXPECT_LT(*parse_version("1.9.9"), *parse_version("1.20.0"));
  EXPECT_LT(*parse_version("1.9.10"), *parse_version("1.20.0"));
  EXPECT_LT(*parse_version("1.20.2"), *parse_version("1.20.10"));
  EXPECT_LT(*parse_version("1.99.99"), *parse_version("2.0.0"));
  EXPECT_EQ(to_string(*parse_version("1.20.10")), "1.20.10");
}

TEST(VersionTest, AServersSuffixDoesNotCount) {
  for (const char* text : {"v1.28.3", "v1.28.3+k3s1", "v1.28.3-eks-2d5f260"}) {
    EXPECT_EQ(*parse_server_version(text), (Version{1, 28, 3})) << text;
  }
  for (const char* wrong : {"", "1.28.3", "v1.28", "v1.28.3x", "vv1.28.3"}) {
    EXPECT_EQ(parse_server_version(wrong).status().code(), absl::StatusCode::kInternal) << wrong;
  }
}

}  // namespace
}  // namespace mex::kubernetes
