#include "proxy/route/pattern.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/status.h"

namespace mex::proxy::route {
namespace {

using testing::HasSubstr;

struct Valid {
  std::string_view text;
  PatternKind kind;
  std::string_view key;
};

class AcceptedPattern : public testing::TestWithParam<Valid> {};

TEST_P(AcceptedPattern, HasKindAndKey) {
  const auto pattern = PathPattern::parse(GetParam().text);
  ASSERT_TRUE(pattern.ok()) << pattern.status();
  EXPECT_EQ(pattern->kind(), GetParam().kind);
  EXPECT_EQ(pattern->key(), GetParam().key);
  EXPECT_EQ(pattern->text(), GetParam().text);
}

INSTANTIATE_TEST_SUITE_P(Table, AcceptedPattern,
                         testing::Values(Valid{"/test2", PatternKind::Prefix, "/test2"},
                                         Valid{"/", PatternKind::Prefix, "/"},
                                         Valid{"/t3/", PatternKind::Prefix, "/t3/"},
                                         Valid{"/a/b.c-d_e~f", PatternKind::Prefix, "/a/b.c-d_e~f"},
                                         Valid{"/v1/x:verb", PatternKind::Prefix, "/v1/x:verb"},
                                         Valid{"/caf%C3%A9", PatternKind::Prefix, "/caf%C3%A9"},
                                         Valid{"/app/*catchall", PatternKind::Wildcard, "/app/"},
                                         Valid{"/*all", PatternKind::Wildcard, "/"},
                                         Valid{"/a/b/*c", PatternKind::Wildcard, "/a/b/"}));

struct Refused {
  std::string_view text;
  std::string_view why;  // part of the message
};

class RefusedPattern : public testing::TestWithParam<Refused> {};

TEST_P(RefusedPattern, NamesTheFault) {
  const auto pattern = PathPattern::parse(GetParam().text);
  ASSERT_FALSE(pattern.ok());
  EXPECT_EQ(pattern.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(base::message_of(pattern.status())),
              HasSubstr(std::string(GetParam().why)));
}

INSTANTIATE_TEST_SUITE_P(
    Table, RefusedPattern,
    testing::Values(
        Refused{"", "must not be empty"},  //
        Refused{"test2", "must begin with a slash"}, Refused{"x/*y", "must begin with a slash"},
        Refused{"/w/*", "name after the '*'"}, Refused{"/a/*b/c", "beginning of the last segment"},
        Refused{"/foo*bar", "beginning of the last segment"},
        Refused{"/a/**", "beginning of the last segment"},
        Refused{"/a/*b*", "beginning of the last segment"},
        Refused{"/users/:id", "parameter \":id\""}, Refused{"/a?b", "without '?'"},  //
        Refused{"/a#b", "without '#'"}, Refused{"/a b", "0x20"},                     //
        Refused{"/a\nb", "0x0a"}, Refused{"/caf\xc3\xa9", "0xc3"}, Refused{"/a\\b", "0x5c"},
        Refused{"//a", "\"/a\""}, Refused{"/a//b", "\"/a/b\""}, Refused{"/a/../b", "\"/b\""},
        Refused{"/%74est", "\"/test\""}, Refused{"/a%2", "\"/a%2\""},
        Refused{"/caf%c3%a9", "\"/caf%C3%A9\""}));

TEST(PathPattern, OverlongIsRefused) {
  const std::string longest = "/" + std::string(kMaxPatternLength - 1, 'a');
  EXPECT_TRUE(PathPattern::parse(longest).ok());
  EXPECT_THAT(std::string(base::message_of(PathPattern::parse(longest + "a").status())),
              HasSubstr("at most 1024"));
}

}  // namespace
}  // namespace mex::proxy::route
