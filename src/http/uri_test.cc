#include "http/uri.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace mex::http {
namespace {

std::string normal(std::string_view raw) {
  std::string space(raw.size(), '~');
  const NormalPath path = normalize_path(raw, space);
  if (path.fault != PathFault::None) return std::string(to_string(path.fault));
  return std::string(path.path);
}

PathFault fault(std::string_view raw) {
  std::string space(raw.size(), '~');
  return normalize_path(raw, space).fault;
}

// RFC 3986 section 6.2.2.
TEST(NormalizePathTest, GivesOneSpelling) {
  struct PathRow {
    const char* raw;
    const char* path;
  };
  for (const PathRow& row : {
           PathRow{"/", "/"},
           PathRow{"/a/b.c/~d/e;f=g,h", "/a/b.c/~d/e;f=g,h"},
           PathRow{"/a/", "/a/"},
           PathRow{"/%61%2D%7e", "/a-~"},
           PathRow{"/a%2fb", "/a%2Fb"},
           PathRow{"/a%20%c3%a9", "/a%20%C3%A9"},
           PathRow{"/%e9", "/%E9"},
           PathRow{"/%25%32%65", "/%252e"},
           PathRow{"/a/./b", "/a/b"},
           PathRow{"/a/../b", "/b"},
           PathRow{"/a/b/..", "/a/"},
           PathRow{"/a/b/.", "/a/b/"},
           PathRow{"/a/..", "/"},
           PathRow{"/.", "/"},
           PathRow{"/./", "/"},
           PathRow{"/a/b/../../c", "/c"},
           PathRow{"/a/%2e%2E/b", "/b"},
           PathRow{"/a/.%2e/b", "/b"},
           PathRow{"/a/%2e/b", "/a/b"},
           PathRow{"//a", "/a"},
           PathRow{"/a//b///c//", "/a/b/c/"},
           PathRow{"///", "/"},
           PathRow{"/a//../b", "/b"},
           PathRow{"/...", "/..."},
           PathRow{"/..a/b..", "/..a/b.."},
           PathRow{"/.well-known/x", "/.well-known/x"},
           PathRow{"/a|b[c]^", "/a|b[c]^"},
       }) {
    EXPECT_EQ(normal(row.raw), row.path) << row.raw;
  }
}

// What a prefix route could be tricked with.
TEST(NormalizePathTest, RefusesWhatTwoProgramsReadDifferently) {
  struct PathRow {
    std::string_view raw;
    PathFault fault;
  };
  for (const PathRow& row : {
           PathRow{"", PathFault::NotAbsolute},
           PathRow{"a", PathFault::NotAbsolute},
           PathRow{"*", PathFault::NotAbsolute},
           PathRow{"/..", PathFault::AboveRoot},
           PathRow{"/a/../..", PathFault::AboveRoot},
           PathRow{"/%2e%2e/etc/passwd", PathFault::AboveRoot},
           PathRow{"//..", PathFault::AboveRoot},
           PathRow{"/a\\b", PathFault::Backslash},
           PathRow{"/a/..\\b", PathFault::Backslash},
           PathRow{"/a/..%5cb", PathFault::Backslash},
           PathRow{"/a/..%2fb", PathFault::HiddenDotSegment},
           PathRow{"/a/..%2F", PathFault::HiddenDotSegment},
           PathRow{"/a/%2f..", PathFault::HiddenDotSegment},
           PathRow{"/a/x%2F..%2Fb", PathFault::HiddenDotSegment},
           PathRow{"/a/x%2f%2e%2e", PathFault::HiddenDotSegment},
           PathRow{"/a/.%2Fb", PathFault::HiddenDotSegment},
           PathRow{"/a/..;/b", PathFault::HiddenDotSegment},
           PathRow{"/a/..;x=y", PathFault::HiddenDotSegment},
           PathRow{"/a/.;/b", PathFault::HiddenDotSegment},
           PathRow{"/a/%2e%2e%3bx/b", PathFault::HiddenDotSegment},
           PathRow{"/a/x%2F..;y", PathFault::HiddenDotSegment},
           PathRow{"/a%00", PathFault::ForbiddenByte},
           PathRow{"/a%0d%0aX:y", PathFault::ForbiddenByte},
           PathRow{"/a%7F", PathFault::ForbiddenByte},
           PathRow{"/a b", PathFault::ForbiddenByte},
           PathRow{"/a#b", PathFault::ForbiddenByte},
           PathRow{"/\xC3\xA9", PathFault::ForbiddenByte},
           PathRow{"/a%", PathFault::BadEscape},
           PathRow{"/a%2", PathFault::BadEscape},
           PathRow{"/a%zz", PathFault::BadEscape},
           PathRow{"/a%+1", PathFault::BadEscape},
           PathRow{"/%c0%ae%c0%ae/b", PathFault::OverlongUtf8},
           PathRow{"/%C1%81", PathFault::OverlongUtf8},
           PathRow{"/%e0%80%ae", PathFault::OverlongUtf8},
           PathRow{"/%f0%80%80%ae", PathFault::OverlongUtf8},
       }) {
    EXPECT_EQ(fault(row.raw), row.fault) << row.raw << " gave " << normal(row.raw);
  }
}

std::string kept(std::string_view raw) {
  std::string space(raw.size(), '~');
  const NormalPath path = normalize_path(raw, space, Slashes::Kept);
  if (path.fault != PathFault::None) return std::string(to_string(path.fault));
  return std::string(path.path);
}

TEST(NormalizePathTest, KeepsEmptySegmentsWhereTheyAreData) {
  struct PathRow {
    const char* raw;
    const char* path;
  };
  for (const PathRow& row : {
           PathRow{"/a//b", "/a//b"},
           PathRow{"/a///b//", "/a///b//"},
           PathRow{"/a//", "/a//"},
           PathRow{"//a", "/a"},
           PathRow{"///", "/"},
           PathRow{"/.//a", "/a"},
           PathRow{"/a/..//b", "/b"},
           PathRow{"/a//../b", "/b"},
           PathRow{"/a///../b", "/b"},
           PathRow{"/x//a/../b", "/x//b"},
           PathRow{"/x//a/..", "/x//"},
           PathRow{"/a//.", "/a//"},
           PathRow{"/a/.//b", "/a//b"},
           PathRow{"/a//%2e/b", "/a//b"},
           PathRow{"/%61//b", "/a//b"},
           PathRow{"/a/%2f/b", "/a/%2F/b"},
       }) {
    EXPECT_EQ(kept(row.raw), row.path) << row.raw;
    EXPECT_EQ(kept(kept(row.raw)), row.path) << row.raw;
    std::string space(std::string_view(row.path).size(), '~');
    EXPECT_EQ(merge_slashes(row.path, space), normal(row.raw)) << row.raw;
  }
  EXPECT_EQ(kept("//.."), to_string(PathFault::AboveRoot));
  EXPECT_EQ(kept("/a//../.."), to_string(PathFault::AboveRoot));
}

TEST(NormalizePathTest, EscapedSlashesAndParametersThatHideNothingPass) {
  EXPECT_EQ(normal("/projects/group%2Fproject/x"), "/projects/group%2Fproject/x");
  EXPECT_EQ(normal("/a;v=../b"), "/a;v=../b");
  EXPECT_EQ(normal("/a%2F..b"), "/a%2F..b");
  EXPECT_EQ(normal("/..a%2Fb"), "/..a%2Fb");
  EXPECT_EQ(normal("/%e0%a4%85"), "/%E0%A4%85");
}

TEST(NormalizePathTest, LeavesNormalPathsWhereTheyAre) {
  const std::string raw = "/usual/path.html";
  std::string space(raw.size(), '~');
  EXPECT_EQ(normalize_path(raw, space).path.data(), raw.data());
  EXPECT_EQ(space, std::string(raw.size(), '~'));
}

TEST(NormalizePathTest, EveryFaultHasAText) {
  for (int i = 1; i <= static_cast<int>(PathFault::OverlongUtf8); ++i) {
    EXPECT_TRUE(to_string(static_cast<PathFault>(i)).starts_with("the path ")) << i;
  }
}

TEST(NormalizePathProperty, IsIdempotentAndLeavesNothingToResolve) {
  const std::string_view pieces[] = {"/",   ".",   "..", "%2e", "%2F", "a",  "//",  ";",
                                     "%3b", "%61", "%",  "b/",  "%25", "/.", "%C3", "\\"};
  std::mt19937 random(11);
  for (int round = 0; round < 20'000; ++round) {
    std::string raw = "/";
    for (std::size_t count = random() % 8; count > 0; --count) {
      raw += pieces[random() % std::size(pieces)];
    }
    std::string space(raw.size(), '~');
    const NormalPath once = normalize_path(raw, space);
    if (once.fault != PathFault::None) continue;
    const std::string path(once.path);
    ASSERT_LE(path.size(), raw.size());
    ASSERT_EQ(normal(path), path) << raw;
    ASSERT_EQ(path.find("//"), std::string::npos) << raw;
    ASSERT_EQ((path + "/").find("/../"), std::string::npos) << raw;
    ASSERT_EQ((path + "/").find("/./"), std::string::npos) << raw;
  }
}

TEST(PercentDecodeTest, DecodesOrRefuses) {
  std::string space(64, '~');
  EXPECT_EQ(percent_decode("a%20b%2Fc+%00", space).text, std::string_view("a b/c+\0", 7));
  EXPECT_TRUE(percent_decode("", space).ok);
  for (const char* bad : {"%", "%1", "%g0", "a%2"}) EXPECT_FALSE(percent_decode(bad, space).ok);
}

}  // namespace
}  // namespace mex::http
